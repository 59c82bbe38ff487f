"""Source: FilterLogEvents, StartQuery, GetQueryResults (CloudWatch Logs API reference), `aws logs tail` (AWS CLI, version 2)."""

from collections.abc import Iterable, Iterator

from services.aws.logs.group_names import group_parameter, identifier
from services.aws.logs.query_text import commands
from services.aws_cli.calls import call, is_loaded, milliseconds, option
from services.i18n import _
from services.models.aws_cli import CliCommand, Variable
from services.models.base import RawId
from services.models.filter_patterns import phrase
from services.models.metrics import TimeSpan

QUERY_ID = "QUERY_ID"  # Shell variable with the id of a started query
_MOST_RESULTS = 1000


def follow(group: str, pattern: str = "", *, since: str = "10m", purpose: str = "") -> tuple[CliCommand, ...]:
    """Follow a group from `since` on; () for a name that `aws logs tail` does not take."""
    if group.startswith(("arn:", "-")) or is_loaded(group) or is_loaded(pattern):
        return ()
    arguments = [group, "--follow", "--since", since, "--format", "short"]
    arguments += option("--filter-pattern", pattern) if pattern else []
    command = CliCommand(
        service="logs",
        verb="tail",
        arguments=tuple(map(RawId, arguments)),
        purpose=purpose or _("Follows the log from {since} ago; ^c ends it.", since=since),
        traps=(
            _("Lines that arrive late are missing in it; this console sorts them in."),
            _("Version 1 of the AWS CLI has no `logs tail`."),
        ),
    )
    return (command,)


def events_between(group: str, span: TimeSpan, pattern: str = "", *, purpose: str = "") -> CliCommand:
    return call(
        "logs",
        "FilterLogEvents",
        {
            **group_parameter(group),
            "startTime": milliseconds(span.start),
            "endTime": milliseconds(span.end),
            **({"filterPattern": pattern} if pattern else {}),
        },
        query="events[].[message]",
        output="text",
        purpose=purpose or _("The lines of the time on the screen."),
        traps=(_("Without --start-time it reads the whole log group, from its first day on."),),
    )


def pane_commands(
    group: str, pattern: str, span: TimeSpan, *, following: bool, text: str = ""
) -> Iterator[CliCommand]:
    """What reads a log pane: follow it, the time on its screen, and the text that it searches for ("" for none)."""
    past, tail = events_between(group, span, pattern), follow(group, pattern)
    yield from (*tail, past) if following else (past, *tail)
    if text:
        yield events_with(group, text, span)


def events_with(group: str, text: str, span: TimeSpan) -> CliCommand:
    command = events_between(
        group,
        span,
        phrase(text),
        purpose=_("The lines with this text in the same time; no output: there are none."),
    )
    trap = _('A text with anything but letters and digits needs "…" around it: a bare -word excludes lines.')
    return command.model_copy(update={"traps": (trap, *command.traps)})


def insights(
    group: str,
    query: str,
    span: TimeSpan,
    *,
    purpose: str,
    traps: Iterable[str] = (),
    region: str = "",
    limit: int = _MOST_RESULTS,
) -> Iterator[CliCommand]:
    yield call(
        "logs",
        "StartQuery",
        {
            "logGroupIdentifiers": [identifier(group)],
            "startTime": int(span.start.timestamp()),
            "endTime": int(span.end.timestamp()),
            "queryString": " | ".join(commands(query)),
            "limit": limit,
        },
        region=region,
        query="queryId",
        stores=QUERY_ID,
        purpose=purpose,
        traps=(*traps, _("It is charged by the bytes that it scans, so keep the window short.")),
    )
    yield call(
        "logs",
        "GetQueryResults",
        {"queryId": Variable(QUERY_ID)},
        region=region,
        purpose=_("Its result. Repeat until status is Complete; before that, rows are missing."),
    )
