"""A pane over all others that shows the lines of several sources as one, each with the letter of its source."""

from collections.abc import Mapping

from rich.cells import cell_len

from services.models.text import clean
from tui.screens.logs.pane_set import PaneSet
from widgets.drawing.format import crop_middle
from widgets.logs.pane.pane import LogPane
from widgets.logs.store.sources import letter_of

LEAD = 2
"""Cells of a source's letter and the space after it."""


class CoveringPane:
    """What covers the panes of a screen; a subclass feeds it."""

    def __init__(self, screen: PaneSet, names: Mapping[str, str]) -> None:
        """`names`: the exact name of each source's log group, by the source's key, in the order of the letters."""
        self.screen = screen
        self.letters = {key: letter_of(number) for number, key in enumerate(names)}
        """The letter of each source by its key."""
        self.names = dict(names)
        self.pane: LogPane = screen.free_pane()
        self.pane.store.by_ingestion = True
        self.pane.lines.painter.lead_width = LEAD
        self._show_sources()

    def _show_sources(self, notes: Mapping[str, str] | None = None) -> None:
        """Show the legend in the title; `notes` stand behind the names, by key."""
        room = max(10, self.screen.size.width // max(1, len(self.names)) - 8)
        self.pane.sources = tuple(
            (letter, _with_note(crop_middle(short_name(self.names[key]), room), (notes or {}).get(key, "")))
            for key, letter in self.letters.items()
        )

    async def start(self) -> None:
        """Fill the pane, once it is mounted."""
        raise NotImplementedError

    def stop(self) -> None:
        """The pane goes."""

    def change_pattern(self, pattern: str) -> None:
        """Show only what matches another filter pattern, applied by AWS."""
        raise NotImplementedError

    def read_earlier(self, at: int) -> None:
        """Read older lines, from `at` (epoch milliseconds) on."""
        raise NotImplementedError


def moment(pane: LogPane) -> int | None:
    """The time at which the reader of a pane is, epoch milliseconds; None while following."""
    row = pane.lines.position
    is_reading = not pane.lines.scroller.follow and row >= pane.store.first
    return pane.store.time_at(row) if is_reading else None


def short_name(group: str) -> str:
    """The part of a group's name that tells it apart: `/aws/rds/instance/db/postgresql` becomes `db/postgresql`."""
    parts = [part for part in clean(group).split("/") if part]
    return "/".join(parts[-2:]) if cell_len("/".join(parts)) > 20 else "/".join(parts)


def _with_note(name: str, note: str) -> str:
    return f"{name} {note}" if note else name
