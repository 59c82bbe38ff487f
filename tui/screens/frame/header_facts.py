import math

from services.clock import LEAST_SKEW, real
from services.i18n import _
from services.incidents.roster import on_duty
from services.models import glyphs
from services.models.duties import OccurrenceState
from services.models.incidents import IncidentState
from services.models.runbook import Environment
from services.system import Services
from tui.console import Console
from tui.modes import modes
from widgets.drawing.format import coarse, duration
from widgets.frame.header import HeaderFacts, ModeLabel

EXPIRES_SOON = 15 * 60  # Seconds before the end of the credentials at which the header warns


def header_facts(app: Console) -> HeaderFacts:
    services = app.services
    if services is None:
        return HeaderFacts()
    system = services.runbook.system
    identity = app.identity.value if app.identity else None
    usage = services.meter.snapshot()
    armed, health = services.engine.permits.armed, services.journal.health
    remaining = (
        (identity.expires_at - app.aws_now()).total_seconds() if identity and identity.expires_at else None
    )
    session = services.session
    skew = (
        skew_words(session.skew_seconds, signs_by_aws=session.signs_by_aws)
        or _step(services.clock_watch.step())
        or ("", "")
    )
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
            for mode in modes(several=bool(app.systems))
        ),
        read_only=armed is None,
        late=sum(each.state is OccurrenceState.LATE for each in app.duties.open) if app.duties else 0,
        on_duty=on_duty_today(app),
        armed_left="" if armed is None else _armed_left(services),
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
    return _("slow line {seconds} s", seconds=f"{state.round_trip:.1f}")


def skew_words(seconds: float | None, *, signs_by_aws: bool = False) -> tuple[str, str] | None:
    """(the deviation of this machine's clock from AWS's, with the remedy; a short form); None below a minute.
    `signs_by_aws`: whether requests are signed by AWS's time."""
    if seconds is None or abs(seconds) < LEAST_SKEW:
        return None
    time = duration(abs(seconds))
    if seconds < 0:
        words = _("this machine's clock is {time} fast: check NTP")
    else:
        words = _("this machine's clock is {time} slow: check NTP")
    if signs_by_aws:
        words = _("{clock}; requests are signed by AWS's time", clock=words)
    words = words.format(time=time)
    return words, f"{glyphs.ATTENTION} {_('clock off by {time}').format(time=time)}"


def _armed_left(services: Services) -> str:
    """In real minutes, in which a person thinks and arms, also in a demo that runs faster."""
    return coarse(math.ceil(services.engine.permits.left / real(services.clock, 60.0).total_seconds()) * 60)


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
