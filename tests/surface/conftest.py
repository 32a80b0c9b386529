"""The application as a whole, once per file of tests."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher, Type

from ijaa.users.accounts import passwords
from tests.surface.world import World, a_world


@pytest.fixture(scope="module")
def cheap_hashes() -> Iterator[None]:
    """Hash passwords at next to no cost; what they are worth is measured elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, type=Type.ID))
        passwords.dummy_hash.cache_clear()
        yield
    passwords.dummy_hash.cache_clear()


@pytest.fixture(scope="module")
async def world(
    servers: dict[str, str],
    cheap_hashes: None,  # noqa: ARG001 - an order
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[World]:
    """Give the application with somebody in every role."""
    folder: Path = tmp_path_factory.mktemp("world")
    async with a_world(servers, folder) as made:
        yield made
