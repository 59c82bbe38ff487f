"""Commands without a screen that read AWS once, print and exit; each is one entry of `HEADLESS`. Exit status:
0 normal, 1 attention, 2 abnormal, 3 cannot be judged."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from services.i18n import N_
from tui.cli.entry_text import problem_lines
from tui.cli.printing import json_lines
from tui.exit_status import VERDICT_OF, ExitStatus
from tui.start_options import StartOptions

if TYPE_CHECKING:
    from services.inspections.wiring import Reading
    from services.models.alarms import Alarm, AlarmOverview


@dataclass(frozen=True, slots=True)
class ReadResult:
    lines: "Callable[[], list[str]]"  # The result in words; composed only where it is printed
    data: object  # The result for `--json`
    status: int


@dataclass(frozen=True, slots=True)
class Headless:
    name: str
    help: str  # English; translated when shown
    read: "Callable[[Reading], Awaitable[ReadResult]]"  # Raises AwsError


async def alarms(services: "Reading") -> ReadResult:
    """Read every alarm once: firing or missing is abnormal, silenced needs attention, no data is unknown."""
    overview = await services.alarms.overview()
    status = judge(overview)
    data = {
        "system": services.runbook.system.id,
        "region": services.session.settings.region,
        "read_at": services.clock.now().isoformat(),
        "verdict": VERDICT_OF[status],
        "complete": is_complete(overview),
        "remarks": overview.remarks,
        "alarms": [_facts(alarm) for alarm in overview.alarms],
    }

    def lines() -> list[str]:
        return [*(_line(services, alarm) for alarm in overview.alarms), *overview.remarks]

    return ReadResult(lines, data, status)


HEADLESS = (
    Headless(
        "alarms",
        N_(
            "Print the state of every alarm.\n\nAWS is read once. Exit status: 0 normal, 1 attention, 2 "
            "abnormal, 3 unknown."
        ),
        alarms,
    ),
)


def judge(overview: "AlarmOverview") -> ExitStatus:
    """Return the exit status for an overview of alarms; without any alarm it is ATTENTION, as nothing is watched."""
    from services.models.alarms import AlarmState

    states = {alarm.state for alarm in overview.watched}
    if states & {AlarmState.ALARM, AlarmState.MISSING}:
        return ExitStatus.ABNORMAL
    if any(map(_silenced, overview.watched)) or (not states and is_complete(overview)):
        return ExitStatus.ATTENTION
    return ExitStatus.NORMAL if is_complete(overview) else ExitStatus.UNKNOWN


def is_complete(overview: "AlarmOverview") -> bool:
    from services.models.alarms import AlarmState

    is_whole = overview.mutes_read and overview.is_whole
    has_data = all(alarm.state is not AlarmState.INSUFFICIENT for alarm in overview.watched)
    return is_whole and has_data and not any(map(_undecided, overview.watched))


def _undecided(alarm: "Alarm") -> bool:
    from services.models.alarms import Hearing

    return alarm.expected and (alarm.hearing is Hearing.UNKNOWN or alarm.actions_enabled is None)


def _silenced(alarm: "Alarm") -> bool:
    """Whether an alarm may fire unnoticed; one that the runbook does not name may have no action on purpose."""
    unheard = alarm.expected and alarm.may_be_unheard and not _undecided(alarm)
    return bool(alarm.muted_by or alarm.actions_enabled is False or alarm.evaluation or unheard)


def _facts(alarm: "Alarm") -> dict[str, object]:
    facts = alarm.model_dump(
        mode="json",
        include={
            "name",
            "kind",
            "state",
            "reason",
            "since",
            "expected",
            "scaling",
            "actions_enabled",
            "muted_by",
            "evaluation",
            "heard_through",
            "heard_with",
            "heard_by",
            "hearing_note",
            "warm_up_until",
        },
    )
    return {**facts, "hearing": alarm.hearing.value, "sends": alarm.sending, "near": alarm.near}


def _line(services: "Reading", alarm: "Alarm") -> str:
    from widgets.alarms.alarm_wording import joined, warnings
    from widgets.drawing.format import pad, stamp
    from widgets.drawing.spans import plain
    from widgets.drawing.state_styles import ALARM_STYLES

    zone, now = ZoneInfo(services.runbook.system.timezone), services.clock.now()
    since = stamp(alarm.since, zone) if alarm.since else ""
    (grave,) = plain([joined(warnings(alarm, zone, now))])
    words = " ".join(text for text in (grave, str(alarm.reason)) if text)
    return (
        f"{pad(ALARM_STYLES[alarm.state].text, 14)} {pad(since, 16)} {pad(alarm.name, 32)} {words}".rstrip()
    )


def run(command: Headless, options: StartOptions, *, as_json: bool) -> tuple[list[str], int]:
    """Connect, run the command and disconnect; the lines to print, and the exit status: 3 for an AWS error.
    Raises StartError if the configuration or the runbook cannot be used."""
    import asyncio

    from services.aws.client.errors import AwsError
    from tui.startup.reading import connected

    async def once() -> ReadResult:
        async with connected(options) as services:
            try:
                return await command.read(services)
            except AwsError as error:
                data = {
                    "verdict": "unknown",
                    "complete": False,
                    "problem": error.problem.model_dump(mode="json"),
                }
                return ReadResult(partial(problem_lines, error.problem), data, ExitStatus.UNKNOWN)

    answer = asyncio.run(once())
    if as_json:
        return json_lines(answer.data), answer.status
    return answer.lines(), answer.status
