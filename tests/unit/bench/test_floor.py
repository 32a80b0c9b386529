"""The bare handler's SQL is ours: a repository that changes its calls breaks this, not the next benchmark."""

from bench.floor import LIMIT, Floor


async def test_the_floor_takes_every_statement_from_our_repositories() -> None:
    floor = Floor("ada")

    await floor.learn()

    assert "FROM events e" in floor.page_sql
    assert floor.page_arguments == ("ada", LIMIT + 1)
    assert floor.event_sql.endswith("e.id = $2")
    assert "ANY ($1::text[])" in floor.cards_sql
    assert "FROM profiles p" in floor.member_sql
