"""How the directory stays true: what members are found by changes in the transaction of what they say."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

Renew: TypeAlias = Callable[[AsyncSession, Sequence[int]], Awaitable[None]]
"""Makes the entries of these members (`users.id`) anew; call it after what it reads was written."""
