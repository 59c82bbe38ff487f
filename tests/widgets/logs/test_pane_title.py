import pytest

from tests.widgets.logs.log_reader import filled_pane, until
from widgets.logs.pane.pane import LogPane
from widgets.logs.pane.title import LogTitle

GROUP = "/aws/rds/instance/facility-prod-db/postgresql"
FILTER, LIVE = "filter remaining", "LIVE 3 min ¥4.50"


def title(pane: LogPane) -> str:
    return str(pane.query_one(LogTitle).render())


@pytest.mark.parametrize("width", [60, 80, 140])
async def test_filter_and_price_are_not_crowded_out_by_the_name_of_the_group(width):
    async with filled_pane(size=(width, 24)) as (pilot, pane):
        pane.title, pane.pattern, pane.live = f"{GROUP}  Database (PostgreSQL)", "remaining connection", LIVE
        await until(pilot, lambda: LIVE in title(pane))
        assert FILTER in title(pane)
        assert title(pane).startswith("/aws/")
        assert title(pane).endswith("  JST") is (width > 60)
        assert "sql  " in title(pane)
        assert ("Database (PostgreSQL)" in title(pane)) is (width == 140)


@pytest.mark.parametrize("width", [80, 120])
async def test_of_six_sources_at_least_the_letters_stand_beside_price_and_filter(width):
    async with filled_pane(size=(width, 24)) as (pilot, pane):
        pane.title, pane.pattern, pane.live = "Merged", "remaining connection", f"B {LIVE}"
        pane.sources = tuple((letter, f"service-{letter}-production") for letter in "ABCDEF")
        await until(pilot, lambda: f"B {LIVE}" in title(pane))
        text = title(pane)
        assert FILTER in text
        assert text.startswith("Merged")
        assert text.endswith("  JST")
        places = [text.index(f"  {letter}") for letter in "ABCDEF"]
        assert places == sorted(places)


async def test_names_are_whole_where_there_is_room():
    async with filled_pane(size=(120, 24)) as (pilot, pane):
        pane.title = f"{GROUP}  Database (PostgreSQL)"
        await until(pilot, lambda: f"{GROUP}  Database (PostgreSQL)" in title(pane))
        pane.title, pane.sources = "Merged", (("A", "ecs/staff-api"), ("B", "facility-prod/postgresql"))
        await until(pilot, lambda: "A ecs/staff-api  B facility-prod/postgresql" in title(pane))
