import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.geometry import Size

from tests.tools.painted import painted
from widgets.incidents.entries import EntryPanel, IncidentEntry

WIDTH = 40
STEPS = [
    IncidentEntry(f"step {number}", tuple([(f"{number}.{line}", "")] for line in range(1 + number % 3)))
    for number in range(9)
]
"""Of one to three lines; the first cannot be chosen."""
STEPS[0] = IncidentEntry("step 0", STEPS[0].lines, can_choose=False)
HEIGHT = 1 + sum(len(step.lines) for step in STEPS)


def panel(cursor: str | None, *, from_end: bool = False) -> EntryPanel:
    entry_panel = EntryPanel("Steps", lambda _width: STEPS, from_end=from_end)
    entry_panel._size = Size(WIDTH, HEIGHT)
    if cursor is not None:
        entry_panel.cursor_key, entry_panel._is_chosen = cursor, True
    return entry_panel


@given(
    cursor=st.sampled_from([None, *(step.key for step in STEPS[1:])]),
    from_end=st.booleans(),
    heights=st.lists(st.integers(1, HEIGHT + 2), max_size=4),
    height=st.integers(2, HEIGHT + 2),
)
def test_heights_on_the_way_do_not_matter(cursor, from_end, heights, height):
    # A screen gives a panel other heights while it is laid out, how many depends on the machine.
    direct, other = panel(cursor, from_end=from_end), panel(cursor, from_end=from_end)
    for on_the_way in heights:
        other.draw(WIDTH, on_the_way)
    assert other.draw(WIDTH, height) == direct.draw(WIDTH, height)


class PanelApp(App[None]):
    def compose(self) -> ComposeResult:
        yield EntryPanel("Steps", lambda _width: STEPS)

    def on_mount(self) -> None:
        self.query_one(EntryPanel).focus()


@pytest.mark.parametrize("height", [4, 9])
async def test_a_terminal_that_was_low_for_a_while_shows_the_same(height):
    async with PanelApp().run_test(size=(WIDTH, height)) as pilot:
        await painted(pilot)
        shown = pilot.app.query_one(EntryPanel)
        before = shown.draw(WIDTH, height)
        await pilot.resize_terminal(WIDTH, 3)
        await painted(pilot)
        await pilot.resize_terminal(WIDTH, height)
        await painted(pilot)
        assert shown.draw(WIDTH, height) == before
