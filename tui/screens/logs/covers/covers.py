"""Shows one pane in place of all others, and the others again."""

from collections.abc import Coroutine
from datetime import datetime
from typing import Any

from tui.screens.logs.covers.covering import CoveringPane, reading_time
from tui.screens.logs.covers.merged import MergedPanes
from tui.screens.logs.covers.request_ids import RequestPane, choose_request
from tui.screens.logs.covers.task import TaskPane
from tui.screens.logs.pane_set import PaneSet


class Covers:
    """What covers the panes of a screen: nothing, the merged pane, the lines of a request."""

    def __init__(self, screen: PaneSet) -> None:
        self._screen = screen
        self.current: CoveringPane | None = None

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do one thing at a time: what fills a covering pane ends when something else is asked for."""
        self._screen.run_worker(work, group="covers", exclusive=True)

    async def end(self) -> None:
        """Show the panes again for something that is not done by `run`: what fills the covering pane ends."""
        self._screen.workers.cancel_group(self._screen, "covers")
        await self.remove()

    async def merge(self) -> None:
        """Show the panes as one, or each again, at the moment that is being read."""
        if self.current is not None:
            await self.remove()
            return
        pane = self._screen.pane
        at = reading_time(pane) if pane is not None else None
        view = MergedPanes(self._screen)
        await self.put(view)
        if at is not None:
            view.pane.go_to(at)

    async def request(self) -> None:
        """Show all lines of the request whose id is in the line at the cursor; what is shown now stays until then."""
        screen, pane = self._screen, self._screen.pane
        if pane is None or (request_at := await choose_request(screen, pane)) is None:
            return
        groups = [str(spec.id) for spec in screen.services.runbook.log_groups]
        groups += [tail.group for tail in screen.tails.values() if tail.group]
        request, at = request_at
        self.run(self.put(RequestPane(screen, request, at, tuple(dict.fromkeys(groups)))))

    async def task(self, group: str, task: str, ended: datetime) -> None:
        """Show the lines of an ECS task that ended."""
        await self.put(TaskPane(self._screen, group, task, ended))

    async def put(self, cover: CoveringPane) -> None:
        """Show `cover` in place of the panes, and fill it."""
        await self.remove()
        self.current = cover
        await self._screen.area.mount(cover.pane)
        for pane in self._screen.tails:
            pane.display = False
        cover.pane.focus()
        self._screen.refresh_bindings()
        self._screen.run_worker(cover.restore_marks(), group=f"marks-{id(cover.pane)}")
        await cover.start()

    async def remove(self) -> None:
        """Show the panes again, at the moment that was being read."""
        cover, self.current = self.current, None
        if cover is None:
            return
        at = reading_time(cover.pane)
        cover.stop()
        for pane in self._screen.tails:
            pane.display = True
        await cover.pane.remove()
        self._screen.refresh_bindings()
        active = self._screen.pane
        if active is None:
            return
        active.focus()
        if at is not None:
            for pane in self._screen.tails:
                pane.go_to(at)
