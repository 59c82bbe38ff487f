import asyncio
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from services.i18n import _
from services.journal.problems import UnusableJournal, problem_of, staleness
from services.report.rendering.document import Document
from tui.screens.common.mode_screen import ModeScreen
from tui.screens.report.lines import report_lines
from widgets.drawing.block import DetailBlock
from widgets.drawing.lines import Line

R = TypeVar("R")


class MadeReportScreen(ModeScreen, Generic[R]):
    DEFAULT_CSS = """
    MadeReportScreen VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    """

    def __init__(self, title: str, document: Callable[[R], Document]) -> None:
        super().__init__()
        self.report: R | None = None
        self._why = ""
        self._document = document
        self.block = DetailBlock(title, self._lines)
        self.scroll = VerticalScroll(self.block)

    async def maker(self, now: datetime, stale: str) -> Callable[[], R]:
        """Return what makes the report in a thread; `stale` as for `make`."""
        raise NotImplementedError

    def body(self) -> ComposeResult:
        yield self.scroll

    async def opened(self) -> None:
        self.scroll.focus()
        self.watch(self.app, "journal_head", self._journal_grew)

    def _journal_grew(self) -> None:
        self.make()

    @work(group="report", exclusive=True)
    async def make(self) -> None:
        """Make the report from the journal in a thread, and show it or why it cannot be made."""
        journal, now = self.services.journal, self.app.now()
        try:
            self.report = await asyncio.to_thread(await self.maker(now, staleness(journal.health)))
            self._why = ""
        except (sqlite3.Error, OSError, UnusableJournal) as error:
            self.report, self._why = None, problem_of(error, journal.path, now).message
        self.block.update()
        self.refresh_bindings()

    def _lines(self, width: int) -> list[Line]:
        if self.report is None:
            return [[(self._why or _("Reading…"), "warn" if self._why else "muted")]]
        return report_lines(self._document(self.report), width)
