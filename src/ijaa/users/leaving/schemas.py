"""What goes in and out of the routes of leaving."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from ijaa.shared.schema import Body, View


class Leave(View, frozen=True):
    """A leave that has begun."""

    erase_after: datetime
    """Until then the link in the mail brings everything back; then it is erased for good."""


class Return(Body, frozen=True, kw_only=True):
    """The token of the mail about a leave."""

    token: Annotated[str, Meta(min_length=1, max_length=200)]
