"""The console as its screens see it: the newest states, the services, the clock, messages to the operator.
Screens depend on this class and never on the app, which imports every screen. Longer than other files because
every state that a screen may watch is declared here."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from textual.app import App
from textual.reactive import var
from textual.screen import Screen

from services.i18n import _, sentences
from services.models.text import clean_block
from tui import messages
from tui.message_board import MessageBoard, from_home, reading_seconds
from tui.runtime.alt_keys import is_one_key
from tui.runtime.presence import Presence
from tui.runtime.runtime_app import RuntimeApp
from tui.terminal.notifications import ring
from widgets.drawing.ticker import on_screen
from widgets.frame.key_names import key_name
from widgets.frame.message_line import LineMessage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.actions import ActionParseResult
    from textual.dom import DOMNode
    from textual.notifications import SeverityLevel
    from textual.widget import AwaitMount

    from services.models.alarm_readings import AlarmSeries
    from services.models.alarms import AlarmOverview
    from services.models.change_runs import Run
    from services.models.dashboards import DashboardView
    from services.models.duties import BaseDate, DutyView
    from services.models.feeds import FeedState
    from services.models.findings import FindingsView
    from services.models.fleet import SystemState
    from services.models.identity import Identity
    from services.models.incidents import HandOver, Incident
    from services.models.journal import Acknowledgement
    from services.models.outages import Outage
    from services.models.posts import Post
    from services.models.runbook import Runbook
    from services.system import Services
    from tui.config import ConsoleConfig
    from tui.terminal.cells.line_speed import Link, LinkState
    from tui.terminal.driver.keyboard import AltKey

JST = ZoneInfo("Asia/Tokyo")
UTC_ZONE = ZoneInfo("UTC")


class Console(RuntimeApp):
    alarms: var["FeedState[AlarmOverview] | None"] = var(None)
    view: var["FeedState[DashboardView] | None"] = var(None)
    alarm_series: var["FeedState[tuple[AlarmSeries, ...]] | None"] = var(None)
    """Metrics of the alarms that the dashboard does not show."""
    panel_states: var["Mapping[str, FeedState[Any]]"] = var(dict)
    """States of the watch mode's panels with feeds of their own, by the panel's id."""
    identity: var["FeedState[Identity] | None"] = var(None)
    base_dates: var["FeedState[tuple[BaseDate, ...]] | None"] = var(None)
    duties: var["DutyView | None"] = var(None)
    findings: var["FindingsView | None"] = var(None)
    outages: var["tuple[Outage, ...]"] = var(())
    """What the readings show that no alarm tells of and nobody has opened an incident for."""
    runs: var["tuple[Run, ...]"] = var(())
    acknowledged: var["Mapping[str, Acknowledgement]"] = var(dict)
    incidents: var["tuple[Incident, ...]"] = var(())
    hand_over: var["tuple[str, HandOver] | None"] = var(None)
    """(subject, offer) of a day's duty that nobody has accepted yet."""
    posts: var["tuple[Post, ...]"] = var(())  # Notes for Slack, unsent first
    systems: var["tuple[SystemState, ...]"] = var(())
    """What is known of each system that is watched, in the order of the configuration; empty if it is only one."""
    link: var["LinkState | None"] = var(None)
    """The state of the line to the terminal; None before it is measured."""
    journal_head: var[int] = var(0)  # Number of the journal's newest entry
    message: var[LineMessage | None] = var(None)  # What the message line shows
    zone: var[tzinfo] = var(JST)  # Zone of the times on screen; the system's own once the runbook is loaded

    def __init__(self, link: "Link" = "auto", output: str = "", *, demo: str = "") -> None:
        """`link` and `output` as TerminalApp's; `demo` names the scenario, "" on real AWS."""
        super().__init__(link, output)
        self.services: Services | None = None  # Those of the system on screen
        self.connected: list[Services] = []  # Those of every system that was on screen, kept until the end
        self._config: ConsoleConfig | None = None
        self.demo = demo
        self.board = MessageBoard(partial(setattr, self, "message"))  # The messages of the message line
        self.rebuilds = asyncio.Lock()  # Held by whoever closes all screens and makes them anew
        self.requested_logs: tuple[tuple[str, datetime | None], ...] = ()
        """Log groups, each with the time to show, for when the logs mode is opened for the first time."""
        self.way_back: tuple[str, str] | None = None
        """The mode that a step of an incident has led to, and the incident; None once another way was taken."""
        self._losses = ""  # What the operator was told that the end would lose

    def take(self, services: "Services", config: "ConsoleConfig") -> None:
        self.services, self._config = services, config
        if services not in self.connected:
            self.connected.append(services)
        # What it concludes from belongs to the system before.
        self.__dict__.pop("presence", None)
        self.requested_logs, self.way_back = (), None
        if self.zone is not UTC_ZONE:
            self.zone = services.calendar.zone

    def switch_mode(self, mode: str) -> "AwaitMount":
        self.way_back = None
        return super().switch_mode(mode)

    @property
    def ready(self) -> "Services":
        assert self.services is not None, "feeds start after the services are connected"
        return self.services

    @property
    def config(self) -> "ConsoleConfig":
        assert self._config is not None, "screens open after the configuration is read"
        return self._config

    @property
    def keys_set(self) -> "Mapping[str, str]":
        return self._config.keys if self._config is not None else {}

    @property
    def overview(self) -> "AlarmOverview | None":
        return self.alarms.value if self.alarms is not None else None

    @property
    def runbook(self) -> "Runbook | None":
        return self.services.runbook if self.services else None

    def opens_incident(self) -> bool:
        incident = self._incident_in_front()
        if incident:
            self.post_message(messages.OpenIncident(incident))
        return bool(incident)

    def _incident_in_front(self) -> str:
        responds_to = getattr(self.screen, "responds_to", None)
        target = responds_to() if responds_to is not None else ""
        going = (incident for incident in self.incidents if incident.is_open and incident.target == target)
        return next((incident.joined_to or incident.id for incident in going), "") if target else ""

    @cached_property
    def presence(self) -> Presence:
        return Presence(
            self.ready, lambda: self.overview, lambda: self.is_visible_to_anybody, lambda: self.zone
        )

    def on_visibility(self, visible: bool) -> None:
        super().on_visibility(visible)
        if visible:
            self._read_for_somebody()
        elif self.services is not None:
            # The pause begins now, even if the words for it are asked for later.
            self.presence.pause()

    def on_user_act(self) -> None:
        if self.services is not None and self.presence.acted():
            self._read_for_somebody()

    def _read_for_somebody(self) -> None:
        if self.services is not None:
            self.services.feeds["dashboard"].refresh()
            self.services.feeds["alarm_values"].refresh()
            for screen in on_screen(self):
                if (resume := getattr(screen, "read_for_somebody", None)) is not None:
                    resume()

    def on_link(self, state: "LinkState") -> None:
        self.link = state

    def now(self) -> datetime:
        """The current time by the console's clock (UTC)."""
        return self.services.clock.now() if self.services else datetime.now(UTC)

    def aws_now(self) -> datetime:
        """The current time by AWS's clock (UTC), with which what AWS dated is compared."""
        return self.services.aws_clock.now() if self.services else self.now()

    # -- messages to the operator

    def inform(self, text: str, *, matter: str = "", severity: "SeverityLevel" = "information") -> None:
        """Show a message in place of the last one; never markup. One about a matter, such as
        `inspection:alarms`, stays until `settled` is called with it; others go after their reading time, or
        when the next key does something."""
        self.tell(LineMessage(text, severity, matter))

    def warns_of_losses(self) -> bool:
        """Whether the end would lose something of a change and the operator was not told yet; tells it."""
        changes = [change for each in self.connected for change in each.engine.changes.values()]
        losses = sentences(*(change.lost_at_end() for change in changes))
        if not losses or losses == self._losses:
            return False
        self._losses = losses
        self.inform(
            sentences(losses, _("Quit again to end all the same.")), matter="quit", severity="warning"
        )
        return True

    def inform_of(
        self, services: "Services", text: str, *, severity: "SeverityLevel" = "information"
    ) -> None:
        """`inform` of how something has ended in the system of `services`; of one that was left it says which."""
        if services is not self.services:
            text = _("{system}: {text}", system=services.runbook.system.title, text=text)
        self.inform(text, severity=severity)

    @contextmanager
    def under_way(self, text: str, matter: str, of: "Services | None" = None) -> Iterator[None]:
        """Show that something is being done in the system `of`, until it is; of several systems it says
        which. `of`: the one on screen, unless another may be shown by now."""
        if self.systems:
            system = (of or self.ready).runbook.system
            matter = f"{system.id} {matter}"
            text = _("{system}: {text}", system=system.title, text=text)
        self.inform(text, matter=matter)
        try:
            yield
        finally:
            self.settled(matter)

    def settled(self, matter: str) -> None:
        self.board.settle(matter)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: "SeverityLevel" = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        text = f"{title}: {message}" if title else message
        self.call_later(self.tell, LineMessage(text, severity, seconds=timeout))

    def tell(self, message: LineMessage) -> None:
        message = replace(message, text=clean_block(from_home(message.text)), at=self.now())
        self.board.add(message)
        if not message.matter and self._running:
            self.set_timer(reading_seconds(message), partial(self.board.remove, message))

    def action_help_quit(self) -> None:
        """Say which key quits: ctrl+c, by which many programs end, copies."""
        quits = (each.binding for each in self.active_bindings.values() if each.binding.id == "quit")
        if (binding := next(quits, None)) is not None:
            self.inform(_("{key} quits the console.", key=key_name(binding.key)))

    async def run_action(
        self,
        action: "str | ActionParseResult",
        default_namespace: "DOMNode | None" = None,
        namespaces: "Mapping[str, DOMNode] | None" = None,
    ) -> bool:
        noticed = self.board.noticed
        target, name, _parameters = self._parse_action(action, default_namespace or self, namespaces)
        handled = await super().run_action(action, default_namespace, namespaces)
        if handled and isinstance(target, App | Screen) and not name.startswith("focus"):
            self.board.remove(noticed)
        return handled

    @property
    def _disable_notifications(self) -> bool:
        """Always: Textual's toasts would cover what was asked for."""
        return True

    @_disable_notifications.setter
    def _disable_notifications(self, _disabled: bool) -> None:
        """Ignore Textual's own choice."""

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        behind = self._screen_stack[:-1]
        lowest = next((at for at in reversed(range(len(behind))) if not behind[at].is_modal), 0)
        return behind[lowest:]

    def ring(self, text: str) -> None:
        ring(self, text)

    def is_one_key(self, event: "AltKey") -> bool:
        """Whether Alt and the key have a binding; otherwise escape was pressed, followed by the key."""
        return is_one_key(self, event)

    def action_newest_firing(self) -> None:
        self.post_message(messages.OpenNewestFiring())

    def refresh_feeds(self) -> None:
        if self.services is not None:
            self.services.session.renew()
            self.services.refresh_feeds()
            self.screen.post_message(messages.ReadAgain())
