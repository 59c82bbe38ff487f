"""The open panes as one: their lines merged by (time, ingestion time, stream), while they go on following."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from services.i18n import _
from services.logs.filter_patterns.quoting import as_pattern
from services.models.logs import LogLine, TailStats
from tui.screens.logs.covers.covering import CoveringPane
from tui.screens.logs.pane_set import PaneSet
from widgets.logs.pane.pane import LogPane
from widgets.logs.store.sources import lettered, merged, snapshot, source_of

_STEP = 2_000  # Lines merged between two turns of the event loop: about a frame
_STATE = ("stats", "note", "problem", "live", "gaps")  # What the merged pane shows of the state of each pane


class MergedPanes(CoveringPane):
    """The lines of all panes, those held and those that arrive."""

    def __init__(self, screen: PaneSet) -> None:
        self.panes: dict[str, LogPane] = {str(id(pane)): pane for pane in _different(screen)}
        super().__init__(screen, {key: screen.tails[pane].group for key, pane in self.panes.items()})
        self.pane.pattern = _common(
            {self.letters[key]: screen.tails[pane].pattern for key, pane in self.panes.items()}
        )
        self._waiting: list[LogLine] | None = []
        """Lines that arrive while those held are merged; None from then on."""
        self._listeners: dict[LogPane, Callable[[Sequence[LogLine]], object]] = {}
        self._state()

    async def start(self) -> None:
        """Merge what the panes hold, in steps; then what arrived meanwhile."""
        for key, pane in self.panes.items():
            listener = partial(self._take, self.letters[key])
            self._listeners[pane] = listener
            pane.listeners.append(listener)
            for name in _STATE:
                self.pane.watch(pane, name, self.update_state, init=False)
        total = sum(len(pane.store) for pane in self.panes.values())
        lines = merged([snapshot(pane.store, self.letters[key]) for key, pane in self.panes.items()])
        step: list[LogLine] = []
        count = 0
        for line in lines:
            step.append(line)
            if len(step) == _STEP:
                self.pane.append(step)
                count += _STEP
                step = []
                self._state(count * 100 // total)
                await asyncio.sleep(0)
        self.pane.append(step)
        waiting, self._waiting = self._waiting or [], None
        self.pane.append(waiting)
        self._state()

    def stop(self) -> None:
        for pane in list(self._listeners):
            self._ignore(pane)

    def _ignore(self, pane: LogPane) -> None:
        listener = self._listeners.pop(pane, None)
        if listener is not None:
            pane.listeners.remove(listener)

    def update_state(self) -> None:
        if self._waiting is None:
            self._state()

    def change_pattern(self, pattern: str) -> None:
        """Let all panes follow with another filter pattern, ids in quotation marks; their lines arrive anew."""
        pattern = as_pattern(pattern).pattern
        if self._waiting is not None:  # the lines held are being merged, but not wanted any more
            self.screen.workers.cancel_group(self.screen, "covers")
            self._waiting = None
        self._drop_twins()
        self.pane.clear()
        self.pane.pattern = pattern
        for pane in self.screen.tails:
            self.screen.follow(pane, self.screen.tails[pane].group, pattern)

    def _drop_twins(self) -> None:
        """Show one pane of each group: with the same filter pattern the others have the same lines."""
        groups: set[str] = set()
        for key, pane in list(self.panes.items()):
            if (group := self.names[key]) in groups:
                self._ignore(pane)
                del self.panes[key], self.names[key], self.letters[key]
            groups.add(group)
        self._show_sources()

    def followed_pane(self) -> LogPane | None:
        """The pane that the line at the cursor is from; without a cursor, the only one with Live Tail."""
        line = self.pane.lines.line_at_cursor()
        if line is not None:
            letter = source_of(line.stream)
            return next(pane for key, pane in self.panes.items() if self.letters[key] == letter)
        live = [pane for pane in self.panes.values() if pane.live]
        if len(live) == 1:
            return live[0]
        self.screen.app.inform(_("Choose a line first (↑): this key acts on the log group of the line."))
        return None

    def read_earlier(self, at: int) -> None:
        for pane in self.panes.values():
            self.screen.time_requested(LogPane.TimeRequested(pane, at))

    def read_older(self) -> None:
        for pane in self.panes.values():
            self.screen.earlier_requested(LogPane.EarlierRequested(pane))

    def _take(self, letter: str, lines: Sequence[LogLine]) -> None:
        if self._waiting is None:
            self.pane.append(lettered(lines, letter))
            self._state()
        else:
            self._waiting += lettered(lines, letter)

    def _state(self, percent: int | None = None) -> None:
        merging = "" if percent is None else " " + _("{percent}%", percent=percent)
        self.pane.title = _("Merged") + merging
        panes = list(self.panes.values())
        by_letter = [(self.letters[key], pane) for key, pane in self.panes.items()]
        stats = [pane.stats.complete_after(_missing_until(pane)) for pane in panes if pane.stats is not None]
        if len(stats) == len(panes):
            self.pane.stats = TailStats.merged("", stats)
        self.pane.note = next((f"{letter} {pane.note}" for letter, pane in by_letter if pane.note), "")
        self.pane.live = "  ".join(f"{letter} {pane.live}" for letter, pane in by_letter if pane.live)
        self.pane.gaps = tuple(
            gap._replace(reason=f"{letter} {gap.reason}") for letter, pane in by_letter for gap in pane.gaps
        )
        self.pane.problem = next((pane.problem for pane in panes if pane.problem is not None), None)


def _different(screen: PaneSet) -> list[LogPane]:
    same: dict[tuple[str, str], LogPane] = {}
    for pane, tail in screen.tails.items():
        other = same.setdefault((tail.group, tail.pattern), pane)
        if len(pane.store) > len(other.store):
            same[tail.group, tail.pattern] = pane
    return [pane for pane in screen.tails if pane in same.values()]


def _missing_until(pane: LogPane) -> int:
    """Up to when lines are missing in a pane that its follow loop has read, epoch milliseconds."""
    return max(pane.missing_until, pane.store.oldest - 1 if pane.store.dropped else 0)


def _common(patterns: Mapping[str, str]) -> str:
    if len(set(patterns.values())) == 1:
        return next(iter(patterns.values()))
    return " · ".join(f"{letter} {pattern}" for letter, pattern in patterns.items() if pattern)
