from textual.app import App, ComposeResult
from textual.pilot import Pilot

from widgets.drawing.columns import Column
from widgets.drawing.table import KeyedTable, Row
from widgets.drawing.whole_row import WholeRow

LONG = "SELECT r.* FROM reservations r JOIN facilities f ON f.id = r.facility_id WHERE f.kind = ?"


class Tables(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.table = KeyedTable((Column("n"), Column("hidden", rank=1), Column("text", flex=1, min_width=10)))
        self.whole = WholeRow()

    def compose(self) -> ComposeResult:
        yield self.table
        yield self.whole

    def on_mount(self) -> None:
        self.table.focus()

    def on_keyed_table_highlighted(self) -> None:
        self.whole.show_row(self.table)


async def shown(pilot: Pilot[None], *texts: str) -> WholeRow:
    app = pilot.app
    cells = [([("1", "")], [("x" * 30, "")], [(text, "")]) for text in texts]
    app.table.set_rows([Row(str(number), line) for number, line in enumerate(cells)])
    await pilot.pause()
    app.whole.fit(app.table)
    await pilot.pause()
    return app.whole


async def test_the_text_of_the_row_at_the_cursor_is_shown_whole():
    async with Tables().run_test(size=(50, 20)) as pilot:
        whole = await shown(pilot, "short", LONG)
        assert whole.display
        height = whole.size.height
        assert whole.render().plain == ""
        await pilot.press("down")
        assert " ".join(whole.render().plain.split()) == LONG
        assert whole.render().plain.count("\n") < height == whole.size.height, "the table does not jump"


async def test_it_takes_no_room_where_all_fits():
    async with Tables().run_test(size=(50, 20)) as pilot:
        whole = await shown(pilot, "short", "also")
        assert not whole.display
