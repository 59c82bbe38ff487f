"""The open panes as one: their lines merged by (time, ingestion time, stream), while they go on following."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from services.i18n import _
from services.logs.filter_patterns.quoting import as_pattern
from services.models.logs import LogLine, TailStats
from tui.screens.logs.covers.covering import CoveringPane
from tui.screens.logs.pane_set import PaneSet
from widgets.logs.pane.pane import LogPane
from widgets.logs.store.sources import lettered, merged, snapshot

_STEP = 2_000
"""Lines merged between two turns of the event loop: about a frame."""


class MergedPanes(CoveringPane):
    """The lines of all panes, those held and those that arrive."""

    def __init__(self, screen: PaneSet) -> None:
        self.panes: dict[str, LogPane] = {str(id(pane)): pane for pane in screen.tails}
        super().__init__(screen, {key: screen.tails[pane].group for key, pane in self.panes.items()})
        self.pane.pattern = _common([screen.tails[pane].pattern for pane in self.panes.values()])
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
        """Take no more lines of the panes."""
        for pane, listener in self._listeners.items():
            pane.listeners.remove(listener)
        self._listeners.clear()

    def update_state(self) -> None:
        """Show the state of the follow loops."""
        if self._waiting is None:
            self._state()

    def change_pattern(self, pattern: str) -> None:
        """Let all panes follow with another filter pattern, ids in quotation marks; their lines arrive anew."""
        pattern = as_pattern(pattern).pattern
        self.pane.clear()
        self.pane.pattern = pattern
        for pane in self.panes.values():
            self.screen.follow(pane, self.screen.tails[pane].group, pattern)

    def read_earlier(self, at: int) -> None:
        """Read older lines in every pane."""
        for pane in self.panes.values():
            self.screen.time_requested(LogPane.TimeRequested(pane, at))

    def read_older(self) -> None:
        """Read the lines before the oldest one of every pane."""
        for pane in self.panes.values():
            self.screen.earlier_requested(LogPane.EarlierRequested(pane))

    def _take(self, letter: str, lines: Sequence[LogLine]) -> None:
        if self._waiting is None:
            self.pane.append(lettered(lines, letter))
            self._state()
        else:
            self._waiting += lettered(lines, letter)

    def _state(self, percent: int | None = None) -> None:
        merging = "" if percent is None else " " + _("{percent}%").format(percent=percent)
        self.pane.title = _("Merged") + merging
        panes = list(self.panes.values())
        stats = [pane.stats for pane in panes if pane.stats is not None]
        if len(stats) == len(panes):
            self.pane.stats = TailStats.merged("", stats)
        self.pane.note = next((pane.note for pane in panes if pane.note), "")
        self.pane.problem = next((pane.problem for pane in panes if pane.problem is not None), None)


def _common(patterns: list[str]) -> str:
    """The filter pattern of all panes; that of some of them in words."""
    if len(set(patterns)) == 1:
        return patterns[0]
    return " · ".join(pattern for pattern in patterns if pattern)
