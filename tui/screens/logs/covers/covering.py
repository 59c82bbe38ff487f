"""A pane over all others that shows the lines of several sources as one, each with the letter of its source."""

from collections.abc import Mapping
from dataclasses import replace

from rich.cells import cell_len

from services.i18n import _
from services.models.text import clean
from tui.screens.logs.forms import form_choice
from tui.screens.logs.marking import restore_marks
from tui.screens.logs.origins import PaneOrigin
from tui.screens.logs.pane_set import PaneSet
from widgets.drawing.format import crop_middle
from widgets.logs.pane.pane import LogPane
from widgets.logs.store.sources import SHARED, letter_of, source_of

LEAD = 2  # Cells of a source's letter and the space after it


class CoveringPane:
    def __init__(self, screen: PaneSet, names: Mapping[str, str]) -> None:
        """`names`: the exact name of each source's log group, by the source's key, in the order of the letters."""
        self.screen = screen
        self.letters = {key: letter_of(number) for number, key in enumerate(names)}
        """The letter of each source by its key."""
        self.names = dict(names)
        self.pane: LogPane = screen.free_pane()
        self.pane.store.by_ingestion = True
        lines = self.pane.lines
        lines.painter.lead_width = LEAD
        lines.show(replace(lines.format, gap_beside=True))
        for key, letter in self.letters.items():
            lines.choose_form(form_choice(screen.app, self.names[key]), letter)
        self._groups = {
            self.letters[key]: group for key, group in self.names.items() if self.letters[key] != SHARED
        }
        """The exact name of the log group of each letter that has only one."""
        self._show_sources()

    def _show_sources(self, notes: Mapping[str, str] | None = None) -> None:
        room = max(10, self.screen.size.width // max(1, len(self.names)) - 8)
        self.pane.sources = tuple(
            (letter, _with_note(crop_middle(short_name(self.names[key]), room), (notes or {}).get(key, "")))
            for key, letter in self.letters.items()
        )

    async def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        pass

    def change_pattern(self, pattern: str) -> None:
        raise NotImplementedError

    def read_earlier(self, at: int) -> None:
        """Read older lines, from `at` (epoch milliseconds) on, or tell why not."""
        raise NotImplementedError

    def read_older(self) -> None:
        raise NotImplementedError

    def followed_pane(self) -> LogPane | None:
        self.screen.app.inform(
            _("These lines are not followed: Esc shows the log panes, where this key has an effect.")
        )
        return None

    @property
    def groups(self) -> tuple[str, ...]:
        line = self.pane.lines.line_at_cursor()
        first = self._groups.get(source_of(line.stream)) if line is not None else None
        return tuple(dict.fromkeys([*([first] if first is not None else []), *self.names.values()]))

    def origin(self, stream: str) -> PaneOrigin | None:
        group = self._groups.get(source_of(stream))
        return PaneOrigin(group, stream[2:]) if group is not None else None

    async def restore_marks(self) -> None:
        groups = {f"{letter}:": group for letter, group in self._groups.items()}
        await restore_marks(self.screen.app, self.pane, groups)


def reading_time(pane: LogPane) -> int | None:
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
