from dataclasses import dataclass

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.getters import app as app_getter
from textual.screen import Screen
from textual.widgets import Input

from services.alarms.acknowledgements import present
from services.i18n import N_, _
from services.incidents.clocks import whole_clocks
from services.models.aws_cli import CommandSheet
from services.models.feeds import FeedState
from services.models.incidents import Incident, IncidentState
from services.models.journal import Acknowledgement
from services.models.problem import Problem, ProblemKind
from tui import messages
from tui.console import Console
from tui.runtime.removal import dismiss_below
from tui.screens.common.framed import Framed
from tui.screens.frame.header_facts import header_facts
from widgets.alarms.strip import AlarmStrip
from widgets.drawing.ticker import catch_up, every_second
from widgets.fleet.strip import FleetStrip
from widgets.frame.banner import Banner, shared_problem
from widgets.frame.hand_over_line import HandOverLine
from widgets.frame.header import Header
from widgets.frame.key_bar import KeyBar
from widgets.incidents.incident_wording import IncidentAlert
from widgets.journal.health_wording import shown_problem

WAY_BACK = Binding("escape", "back_to_incident", N_("Back"), show=True, priority=True, id="way-back")
"""Before the keys of what has the focus: what a step has opened closes at once."""


def leads_back(app: Console, screen: Screen[object]) -> bool:
    """Whether a step of an incident has opened this screen, so that the key of going back returns there."""
    way = app.way_back
    is_there = way is not None and way[0] == app.current_mode and screen.is_active
    return is_there and not isinstance(screen.focused, Input)


def go_back(app: Console, screen: Screen[object]) -> None:
    if app.way_back is not None:
        screen.post_message(messages.OpenIncident(app.way_back[1]))


@dataclass(frozen=True, slots=True)
class ScreenPlace:
    target: str  # Its name in the journal's entries, exactly
    name: str  # Its name for display; cleaned
    subject: str = ""  # The journal's subject of a note about it; "" for none
    opened: bool = False
    """The object was opened, so a note is about it; otherwise it is only under the cursor, and the writer decides."""


class ModeScreen(Framed, Screen[object]):
    """Frame of a mode; subclasses yield their body from `body()`."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (160, "-wide")]  # noqa: RUF012  Textual's own
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012  Textual's own

    app = app_getter(Console)

    def __init__(self) -> None:
        super().__init__()
        self.services = self.app.ready
        self.header = Header(self.app.now, self.app.zone)
        self.fleet_strip = FleetStrip(self.app.now) if self.app.systems else None
        """One line for the systems that are watched; None if there is one."""
        self.strip = AlarmStrip(self.app.now, self.app.aws_now)
        self.banner = Banner()
        self.journal_banner = Banner()
        self.hand_over_line = HandOverLine()

    def dismiss(self, result: object = None) -> AwaitComplete:
        return super().dismiss(result) if self.app.screen is self else dismiss_below(self, result)

    def compose(self) -> ComposeResult:
        yield self.header
        if self.fleet_strip is not None:
            yield self.fleet_strip
        yield self.strip
        yield self.banner
        yield self.journal_banner
        yield self.hand_over_line
        yield from self.body()
        yield KeyBar()

    def body(self) -> ComposeResult:
        raise NotImplementedError

    async def opened(self) -> None:
        """Start the mode's work once it is on screen; switching to the mode waits for it."""

    def note_subject(self) -> ScreenPlace | None:
        return None

    def responds_to(self) -> str:
        """The alarm or inspection that is in front, whose incident the key of the mode 対応 opens; "" for none."""
        return ""

    def alarms_seen(self) -> frozenset[str]:
        return frozenset()

    def leads_back(self) -> bool:
        return leads_back(self.app, self)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.leads_back() if action == "back_to_incident" else super().check_action(action, parameters)

    def action_back_to_incident(self) -> None:
        go_back(self.app, self)

    def aws_commands(self) -> CommandSheet | None:
        return None

    async def on_mount(self) -> None:
        self.watch(self.app, "alarms", self._alarms_changed)
        self.watch(self.app, "acknowledged", self._acknowledged_changed, init=False)
        self.watch(self.app, "view", self._frame_changed)
        self.watch(self.app, "identity", self._frame_changed)
        self.watch(self.app, "duties", self._frame_changed)
        self.watch(self.app, "runs", self._frame_changed)
        self.watch(self.app, "posts", self._frame_changed)
        self.watch(self.app, "journal_head", self._frame_changed)
        self.watch(self.app, "incidents", self._incidents_changed)
        self.watch(self.app, "outages", self._incidents_changed, init=False)
        self.watch(self.app, "hand_over", self._hand_over_changed)
        self.watch(self.app, "link", self._frame_changed)
        self.watch(self.app, "systems", self._systems_changed)
        self.watch(self.app, "zone", self._zone_changed)
        every_second(self, self._frame_changed, seconds=5)
        await self.opened()

    def on_screen_suspend(self) -> None:
        self.refresh_bindings()

    def on_screen_resume(self) -> None:
        catch_up(self)
        self.refresh_bindings()
        self.call_after_refresh(self.read_alarm_values)

    def read_alarm_values(self) -> None:
        if self.services.alarm_values.is_due():
            self.services.feeds["alarm_values"].refresh()

    def _alarms_changed(self) -> None:
        if self.app.alarms is not None:
            self.strip.state = self.app.alarms
        self._acknowledged_changed()
        self._frame_changed()

    def _acknowledged_changed(self) -> None:
        overview = self.app.alarms.value if self.app.alarms is not None else None
        valid = (
            present(overview.alarms, self.app.acknowledged, self.app.now()) if overview is not None else {}
        )
        self.acknowledged_changed(valid)

    def _systems_changed(self) -> None:
        if self.fleet_strip is not None:
            self.fleet_strip.show(self.app.systems, str(self.services.runbook.system.id))

    def _incidents_changed(self) -> None:
        self.strip.incidents = incident_alerts(self.app)
        self._frame_changed()

    def _hand_over_changed(self) -> None:
        self.hand_over_line.offer = self.app.hand_over[1] if self.app.hand_over is not None else None

    def acknowledged_changed(self, acknowledgements: dict[str, Acknowledgement]) -> None:
        self.strip.acknowledged = acknowledgements

    def _zone_changed(self) -> None:
        self.header.clock.zone = self.strip.zone = self.app.zone

    def _frame_changed(self) -> None:
        self.header.facts = header_facts(self.app)
        states: list[FeedState[object] | None] = [self.app.alarms, self.app.view, self.app.identity]
        shared = shared_problem([state.problem if state else None for state in states])
        self.banner.problem = shared or self.services.stopped or self._unseen_fault()
        health = self.services.journal.health
        self.journal_banner.problem = shown_problem(health, self.app.zone, self.app.now())
        self.banner_changed(self.banner.problem)

    def _unseen_fault(self) -> Problem | None:
        for state, title in (
            (self.app.identity, _("reading the account")),
            (self.app.base_dates, _("reading access keys")),
        ):
            problem = state.problem if state is not None else None
            if problem is not None and problem.kind is ProblemKind.FAULT:
                summary = _("An internal error stopped this: {title}.", title=title)
                return problem.model_copy(update={"summary": summary})
        return None

    def banner_changed(self, problem: Problem | None) -> None:
        """Pass the banner's problem to the panels, so that they do not repeat it."""


def incident_alerts(app: Console) -> tuple[IncidentAlert, ...]:
    now = app.aws_now()
    proposals = (IncidentAlert(str(each.title), is_taken=False, is_proposed=True) for each in app.outages)
    return tuple(proposals) + tuple(
        IncidentAlert(
            str(incident.title if incident.is_asked or incident.is_without_alarm else incident.target),
            incident.state is not IncidentState.OPEN,
            whole_clocks(incident, app.incidents, app.ready.runbook.playbooks, now),
            is_offered=_is_offered(incident, app.ready.journal.person.name),
        )
        for incident in app.incidents
        if incident.is_open and not incident.joined_to
    )


def _is_offered(incident: Incident, user: str) -> bool:
    offer = incident.hand_over
    return offer is not None and offer.by != user and offer.to in ("", user)
