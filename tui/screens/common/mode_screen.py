"""The base of every mode's screen: header, alarm strip, banners, key bar."""

import math
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.getters import app as app_getter
from textual.screen import Screen

from services.alarms.acknowledgements import present
from services.clock import LEAST_SKEW
from services.i18n import _
from services.incidents.roster import on_duty
from services.models import glyphs
from services.models.aws_cli import CommandSheet
from services.models.duties import OccurrenceState
from services.models.feeds import FeedState
from services.models.incidents import IncidentState
from services.models.journal import Acknowledgement
from services.models.problem import Problem, ProblemKind
from services.models.runbook import Environment
from tui.console import Console
from tui.modes import MODES
from tui.runtime.removal import dismiss_below
from tui.screens.common.framed import Framed
from tui.screens.common.incident_alerts import incident_alerts
from tui.screens.common.way_back import go_back, leads_back
from widgets.alarms.strip import AlarmStrip
from widgets.drawing.format import coarse, duration
from widgets.drawing.ticker import catch_up, every_second
from widgets.frame.banner import Banner, shared_problem
from widgets.frame.hand_over_line import HandOverLine
from widgets.frame.header import Header, HeaderFacts, ModeLabel
from widgets.frame.key_bar import KeyBar

EXPIRES_SOON = 15 * 60
"""Seconds before the end of the credentials at which the header warns."""


@dataclass(frozen=True, slots=True)
class Place:
    """The object in the operator's focus, as the subject of a note."""

    target: str
    """Its name in the journal's entries, exactly."""
    name: str
    """Its name for display; cleaned."""
    subject: str = ""
    """The journal's subject of a note about it; "" for none."""
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
        self.strip = AlarmStrip(self.app.now, self.app.aws_now)
        self.banner = Banner()
        self.journal_banner = Banner()
        self.hand_over_line = HandOverLine()

    def dismiss(self, result: object = None) -> AwaitComplete:
        """As Textual's, but it closes this screen, not one that opened above it meanwhile."""
        return super().dismiss(result) if self.app.screen is self else dismiss_below(self, result)

    def compose(self) -> ComposeResult:
        """Frame and body."""
        yield self.header
        yield self.strip
        yield self.banner
        yield self.journal_banner
        yield self.hand_over_line
        yield from self.body()
        yield KeyBar()

    def body(self) -> ComposeResult:
        """The mode's own widgets."""
        raise NotImplementedError

    async def opened(self) -> None:
        """Start the mode's work once it is on screen; switching to the mode waits for it."""

    def note_subject(self) -> Place | None:
        """The object under the cursor, as the subject of a note."""
        return None

    def responds_to(self) -> str:
        """The alarm or inspection that is in front, whose incident the key of the mode 対応 opens; "" for none."""
        return ""

    def alarms_seen(self) -> frozenset[str]:
        """Ids of the alarms whose value can be seen on this screen; only these are read."""
        return frozenset()

    def leads_back(self) -> bool:
        """Whether this screen was opened by a step of an incident, to which the key of going back returns."""
        return leads_back(self.app, self)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return to the incident only where a step of it has led here."""
        return self.leads_back() if action == "back_to_incident" else super().check_action(action, parameters)

    def action_back_to_incident(self) -> None:
        """Return to the incident whose step has led here."""
        go_back(self.app, self)

    def aws_commands(self) -> CommandSheet | None:
        """The `aws` commands that read what is shown; None if there are none."""
        return None

    async def on_mount(self) -> None:
        """Follow the app's states."""
        self.watch(self.app, "alarms", self._alarms_changed)
        self.watch(self.app, "acknowledged", self._acknowledged_changed, init=False)
        self.watch(self.app, "view", self._frame_changed)
        self.watch(self.app, "identity", self._frame_changed)
        self.watch(self.app, "duties", self._frame_changed)
        self.watch(self.app, "runs", self._frame_changed)
        self.watch(self.app, "posts", self._frame_changed)
        self.watch(self.app, "journal_head", self._frame_changed)
        self.watch(self.app, "incidents", self._incidents_changed)
        self.watch(self.app, "hand_over", self._hand_over_changed)
        self.watch(self.app, "link", self._frame_changed)
        self.watch(self.app, "zone", self._zone_changed)
        every_second(self, self._frame_changed, seconds=5)
        await self.opened()

    def on_screen_suspend(self) -> None:
        """Take the keys out of the footer: the screen above has its own."""
        self.refresh_bindings()

    def on_screen_resume(self) -> None:
        """Update clocks and ages after other screens were shown, the footer's keys, and the values on this screen."""
        catch_up(self)
        self.refresh_bindings()
        self.call_after_refresh(self.read_alarm_values)

    def read_alarm_values(self) -> None:
        """Read the values of alarms that have come into view at once."""
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

    def _incidents_changed(self) -> None:
        self.strip.incidents = incident_alerts(self.app)
        self._frame_changed()

    def _hand_over_changed(self) -> None:
        newest = self.app.hand_over
        self.hand_over_line.offer = newest[1] if newest is not None else None

    def acknowledged_changed(self, acknowledgements: dict[str, Acknowledgement]) -> None:
        """Show the acknowledgements of present states, by the alarm's id."""
        self.strip.acknowledged = acknowledgements

    def _zone_changed(self) -> None:
        self.header.clock.zone = self.app.zone
        self.strip.zone = self.app.zone

    def _frame_changed(self) -> None:
        self.header.facts = header_facts(self.app)
        states: list[FeedState[object] | None] = [self.app.alarms, self.app.view, self.app.identity]
        shared = shared_problem([state.problem if state else None for state in states])
        self.banner.problem = shared or self.services.stopped or self._unseen_fault()
        self.journal_banner.problem = self.services.journal.health.problem
        self.banner_changed(self.banner.problem)

    def _unseen_fault(self) -> Problem | None:
        """An internal error in a feed that no panel shows."""
        for state, title in (
            (self.app.identity, _("reading the account")),
            (self.app.base_dates, _("reading access keys")),
        ):
            problem = state.problem if state is not None else None
            if problem is not None and problem.kind is ProblemKind.FAULT:
                summary = _("An internal error stopped this: {title}.").format(title=title)
                return problem.model_copy(update={"summary": summary})
        return None

    def banner_changed(self, problem: Problem | None) -> None:
        """Pass the banner's problem to the panels, so that they do not repeat it."""


def header_facts(app: Console) -> HeaderFacts:
    """The current content of the header."""
    services = app.services
    if services is None:
        return HeaderFacts()
    system = services.runbook.system
    identity = app.identity.value if app.identity else None
    usage = services.meter.snapshot()
    armed, health = services.engine.permits.armed, services.journal.health
    remaining = (
        (identity.expires_at - app.now()).total_seconds() if identity and identity.expires_at else None
    )
    skew = skew_words(services.session.skew_seconds) or _step(services.clock_watch.step()) or ("", "")
    return HeaderFacts(
        environment=Environment(system.environment),
        system=system.title,
        account=system.account,
        region=system.region,
        identity=identity,
        expires_in="" if remaining is None else duration(max(0.0, remaining)),
        expires_soon=remaining is not None and remaining < EXPIRES_SOON,
        calls=usage.calls,
        yen=usage.yen,
        demo=app.demo,
        modes=tuple(
            ModeLabel(mode.key, _(mode.title), mode.id == app.current_mode, _badge(app, mode.id))
            for mode in MODES
        ),
        read_only=armed is None,
        late=sum(each.state is OccurrenceState.LATE for each in app.duties.open) if app.duties else 0,
        on_duty=on_duty_today(app),
        armed_left="" if armed is None else coarse(math.ceil(services.engine.permits.left / 60) * 60),
        journal="" if health.problem is None else _("no journal"),
        bugs=app.filter_hits + len(app.bugs),
        skew=skew[0],
        skew_short=skew[1],
        link=_link(app),
    )


def on_duty_today(app: Console) -> str:
    """Who is on duty today by the runbook's roster; "" if it names nobody."""
    entry = on_duty(app.ready.runbook, app.ready.calendar.day_of(app.now()))
    return str(entry.person) if entry is not None else ""


def _link(app: Console) -> str:
    """A warning that the line to the terminal is slow, with its round trip; "" for a fast one."""
    state = app.cells.link if app.cells is not None else None
    if state is None or not state.is_slow:
        return ""
    if state.is_chosen or state.round_trip is None:
        return _("slow line (as set)")
    return _("slow line {seconds} s").format(seconds=f"{state.round_trip:.1f}")


def skew_words(seconds: float | None) -> tuple[str, str] | None:
    """(the deviation of this machine's clock from AWS's, with the remedy; a short form); None below a minute."""
    if seconds is None or abs(seconds) < LEAST_SKEW:
        return None
    time = duration(abs(seconds))
    words = _("this machine's clock is wrong by {time}: check NTP").format(time=time)
    return words, f"{glyphs.ATTENTION} {_('clock off by {time}').format(time=time)}"


def _step(seconds: float) -> tuple[str, str] | None:
    """(that this machine's clock was set within the last hour; a short form); None if it was not."""
    if not seconds:
        return None
    time = duration(abs(seconds))
    if seconds > 0:
        words, short = _("clock set ahead by {time}: check NTP"), _("clock +{time}")
    else:
        words, short = _("clock set back by {time}: check NTP"), _("clock −{time}")
    return words.format(time=time), f"{glyphs.ATTENTION} {short.format(time=time)}"


def _badge(app: Console, mode: str) -> str:
    """The count shown beside a mode: open incidents, marked if nobody has taken one; duties to sign, changes with an unknown outcome, else requests for approval that
    wait for the person here, notes not yet in Slack."""
    if mode == "inspect" and app.duties is not None:
        waiting = len(app.duties.open)
        return str(waiting) if waiting else ""
    if mode == "change":
        unknown = sum(run.in_flight for run in app.runs)
        awaited = len(app.ready.engine.authority.approvals.awaited())
        return f"!{unknown}" if unknown else str(awaited or "")
    if mode == "respond":
        going = [incident for incident in app.incidents if incident.is_open and not incident.joined_to]
        untaken = any(incident.state is IncidentState.OPEN for incident in going)
        return f"{'!' if untaken else ''}{len(going)}" if going else ""
    if mode == "journal":
        unsent = sum(post.unsent for post in app.posts)
        return f"!{unsent}" if unsent else ""
    return ""
