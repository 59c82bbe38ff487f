from collections.abc import Sequence

from services.i18n import _, sentences
from services.logs.request_ids import RequestId, RequestSearch, request_ids
from services.models.logs import LogLine
from services.models.text import clean
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.logs.covers.covering import CoveringPane
from tui.screens.logs.pane_set import PaneSet
from widgets.logs.pane.pane import LogPane
from widgets.logs.store.sources import lettered

MINUTE = 60_000  # Milliseconds
AROUND = 15 * MINUTE  # How far before and after the line the groups are searched at first
_WIDER = 4  # How many times wider each extension is


class RequestPane(CoveringPane):
    def __init__(self, screen: PaneSet, request: RequestId, at: int, groups: Sequence[str]) -> None:
        """`at`: the time of the line that the id is from, epoch milliseconds."""
        super().__init__(screen, {group: group for group in groups})
        self.request = request
        self.at = at
        self.around = AROUND
        services = screen.services
        self.search = RequestSearch(services.logs, services.log_limiter, request.value, groups)
        self._ids: set[tuple[str, str]] = set()  # Group and event id of the lines held

    async def start(self) -> None:
        self.pane.note = ""
        start, end = self.at - self.around, self.at + self.around
        await self.search.run(start, end, self._take, self._changed)
        self._changed()
        if not len(self.pane.store):
            minutes = self.around // MINUTE
            words = _("No line with {id} within {minutes} minutes around; + searches further.")
            self.screen.app.inform(words.format(id=clean(self.request.value), minutes=minutes))

    async def extend(self) -> None:
        self.around *= _WIDER
        await self.start()

    def change_pattern(self, pattern: str) -> None:
        """The id is the filter: there is no other."""
        self.screen.app.inform(_("The lines of a request are filtered by its id; / searches in them."))

    def read_earlier(self, at: int) -> None:
        if at < self.at - self.around:
            self.pane.note = _("+ searches a wider range")

    def read_older(self) -> None:
        self.pane.note = _("+ searches a wider range")

    def _take(self, group: str, lines: Sequence[LogLine]) -> None:
        new = [line for line in lines if (group, line.id) not in self._ids]
        self._ids |= {(group, line.id) for line in new}
        self.pane.append(lettered(new, self.letters[group]))

    def _changed(self) -> None:
        notes: dict[str, str] = {}
        problems = []
        for group, state in self.search.states.items():
            notes[group] = str(state.lines) if state.is_done else "…"
            if state.problem is not None:
                notes[group] = "×"
                problems.append(state.problem)
            elif state.is_done and not state.is_whole:
                notes[group] = f"{state.lines}+"
        self._show_sources(notes)
        self.pane.title = _(
            "{id} ±{minutes} min", id=clean(self.request.value), minutes=self.around // MINUTE
        )
        self.pane.scope = self._scope()
        if problems:
            texts = dict.fromkeys(problem.summary for problem in problems)
            self.pane.problem = problems[0].model_copy(update={"summary": sentences(*texts)})
        else:
            self.pane.problem = None

    def _scope(self) -> str:
        states = list(self.search.states.values())
        whole = sum(state.is_done and state.is_whole and state.problem is None for state in states)
        count, minutes = len(states), self.around // MINUTE
        if not all(state.is_done for state in states):
            words = _("searching {count} log groups: {whole} read")
        elif whole == count:
            words = _("all of {count} log groups read, {minutes} min before and after the line")
        else:
            words = _("{whole} of {count} log groups read, {minutes} min before and after the line")
        return words.format(whole=whole, count=count, minutes=minutes)


async def choose_request(screen: PaneSet, pane: LogPane) -> tuple[RequestId, int] | None:
    """The id in the line at the cursor, or else the newest in the window, chosen where there are several.
    None without an id, or if the choice was closed."""
    if pane.lines.cursor is None:
        pane.lines.move_cursor(-1)
    line = pane.lines.line_at_cursor()
    specs = screen.services.runbook.log_groups
    further = [name for spec in specs for name in spec.request_ids]
    ids = request_ids(line.text, further) if line is not None else ()
    if line is None or not ids:
        screen.app.inform(_("There is no id of a request in this line."))
        return None
    if len(ids) == 1:
        return ids[0], line.at
    choices = [Choice(str(place), clean(each.value), clean(each.name)) for place, each in enumerate(ids)]
    place = await screen.app.push_screen_wait(
        ChooseScreen(_("Which id do you want to follow?"), choices, harmless=True)
    )
    return (ids[int(place)], line.at) if place is not None else None
