"""The console as its screens see it: the newest states, the services, the clock, messages to the operator.

Screens depend on this class and never on the app, which imports every screen.
"""

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from textual.reactive import var

from tui.runtime.runtime_app import RuntimeApp
from tui.terminal.notifications import ring
from widgets.drawing.format import wrap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.notifications import SeverityLevel

    from services.models.alarms import AlarmOverview
    from services.models.changes import Run
    from services.models.dashboards import DashboardView
    from services.models.duties import BaseDate, DutyView
    from services.models.feeds import FeedState
    from services.models.findings import FindingsView
    from services.models.identity import Identity
    from services.models.journal import Acknowledgement
    from services.models.posts import Post
    from services.models.runbook import Runbook
    from services.system import Services
    from tui.config import ConsoleConfig
    from tui.terminal.cells.line_speed import Link, LinkState

JST = ZoneInfo("Asia/Tokyo")


class Console(RuntimeApp):
    """The states that are followed, each assigned by one worker; a screen watches those that it shows."""

    alarms: var["FeedState[AlarmOverview] | None"] = var(None)
    view: var["FeedState[DashboardView] | None"] = var(None)
    panel_states: var["Mapping[str, FeedState[Any]]"] = var(dict)
    """States of the watch mode's panels with feeds of their own, by the panel's id."""
    identity: var["FeedState[Identity] | None"] = var(None)
    base_dates: var["FeedState[tuple[BaseDate, ...]] | None"] = var(None)
    duties: var["DutyView | None"] = var(None)
    findings: var["FindingsView | None"] = var(None)
    runs: var["tuple[Run, ...]"] = var(())
    acknowledged: var["Mapping[str, Acknowledgement]"] = var(dict)
    posts: var["tuple[Post, ...]"] = var(())
    """Notes for Slack, unsent first."""
    link: var["LinkState | None"] = var(None)
    """The state of the line to the terminal; None before it is measured."""
    journal_head: var[int] = var(0)
    """Number of the journal's newest entry."""
    zone: var[tzinfo] = var(JST)
    """Zone of the times on screen; the system's own once the runbook is loaded."""

    def __init__(self, link: "Link" = "auto", output: str = "", *, demo: str = "") -> None:
        """`link` and `output` as TerminalApp's; `demo` names the scenario, "" on real AWS."""
        super().__init__(link, output)
        self.services: Services | None = None
        self._config: ConsoleConfig | None = None
        self.demo = demo
        self.requested_logs: tuple[str, datetime | None] | None = None
        """Log group and time to show when the logs mode is opened for the first time."""

    @property
    def ready(self) -> "Services":
        """The services; only for code that runs after connecting."""
        assert self.services is not None, "feeds start after the services are connected"
        return self.services

    @property
    def config(self) -> "ConsoleConfig":
        """The configuration in force; only for code that runs after connecting."""
        assert self._config is not None, "screens open after the configuration is read"
        return self._config

    @property
    def keys_set(self) -> "Mapping[str, str]":
        """The keys that the configuration sets, by the binding's id."""
        return self._config.keys if self._config is not None else {}

    @property
    def runbook(self) -> "Runbook | None":
        """The system's runbook, once loaded."""
        return self.services.runbook if self.services else None

    def on_link(self, state: "LinkState") -> None:
        """Show the state of the line."""
        self.link = state

    def now(self) -> datetime:
        """The current time by the console's clock (UTC)."""
        return self.services.clock.now() if self.services else datetime.now(UTC)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: "SeverityLevel" = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """As Textual's, but wrapped by cells: Textual wraps between words, and Japanese has none. Never markup."""
        width = max(10, min(54, self.size.width // 2 - 6))
        super().notify(
            "\n".join(wrap(message, width)), title=title, severity=severity, timeout=timeout, markup=False
        )

    def inform(self, text: str) -> None:
        """Show a short message to the operator; never markup."""
        self.notify(text, markup=False)

    def ring(self, text: str) -> None:
        """Ring the bell once, with a desktop notification where the terminal supports it."""
        ring(self, text)

    def refresh_feeds(self) -> None:
        """Read everything from AWS now, picking up renewed credentials."""
        if self.services is not None:
            self.services.session.renew()
            self.services.refresh_feeds()
