"""How a search is read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from ijaa.shared.database import Database

# what is common and what is rare want different plans
_PLAN_ANEW = text("SET LOCAL plan_cache_mode = force_custom_plan")
_TOLERATE = "SELECT set_config('pg_trgm.word_similarity_threshold', '0.5', true)"


@asynccontextmanager
async def searching(database: Database) -> AsyncIterator[None]:
    """Let what is read within be one view of the data, each statement planned for its own words."""
    async with database.whole() as session:
        await session.execute(_PLAN_ANEW)
        yield


async def tolerate(database: Database) -> None:
    """Let `<%` match words that are spelt a little otherwise; within `searching`."""
    await database.fetch_value(_TOLERATE)
