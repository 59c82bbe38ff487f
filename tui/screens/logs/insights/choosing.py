from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from services.aws.client.errors import AwsError
from services.i18n import _
from services.logs.insights.texts import filled, own_text, placeholders
from services.models.amounts import size_words, yen_words
from services.models.date_text import span_text, time_text
from services.models.insights_queries import (
    MOST_GROUPS,
    PastQuery,
    QueryEstimate,
    QueryLanguage,
    QueryParameter,
    SavedQuery,
)
from services.models.text import clean
from tui.console import Console
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.logs.groups import GroupScreen
from tui.screens.logs.insights.dialogs import LineScreen, ParametersScreen
from tui.screens.logs.insights.draft import EXAMPLE, QueryDraft
from tui.screens.logs.insights.ranges import PRESETS, is_length, length_words, parse_range, range_words, up_to

LIMITS = (100, 1_000, 10_000, 50_000, 100_000)  # Row limits offered; those above 10,000 in LogsQL only
OTHER = "other"
_SHOWN = 240  # Characters of a query shown in a list


@dataclass(frozen=True, slots=True)
class DraftChange:
    """What a choice changes in the draft; None: as it was."""

    text: str | None = None
    language: QueryLanguage | None = None
    groups: tuple[str, ...] | None = None
    length: timedelta | None = None


def one_line(text: str) -> str:
    line = " ".join(clean(text.replace("\n", " ")).split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def next_language(draft: QueryDraft) -> DraftChange:
    """The next language; LogsQL alone has an example text, a text of the reader's own stays."""
    languages = list(QueryLanguage)
    language = languages[(languages.index(draft.language) + 1) % len(languages)]
    if draft.text.strip() not in ("", EXAMPLE):
        return DraftChange(language=language)
    return DraftChange(text=EXAMPLE if language is QueryLanguage.LOGSQL else "", language=language)


async def choose_groups(app: Console, draft: QueryDraft) -> tuple[str, ...] | None:
    dialog = GroupScreen(app.ready, (*app.config.log_groups, *draft.groups), most=MOST_GROUPS)
    dialog.ticks = list(draft.groups)
    groups: tuple[str, ...] | None = await app.push_screen_wait(dialog)
    return groups


async def choose_span(app: Console, draft: QueryDraft) -> bool:
    zone, now = app.zone, app.now()
    choices = [
        Choice(
            text,
            _("the last {time}", time=length_words(size)),
            range_words(up_to(now, timedelta(seconds=size)), zone, now),
        )
        for text, size in PRESETS
    ]
    choices.append(Choice(OTHER, _("another range…"), range_words(draft.span, zone, now)))
    key = await app.push_screen_wait(ChooseScreen(_("Range of the query"), choices, harmless=True))
    if key == OTHER:
        text = span_text(*(_typed(at, zone) for at in (draft.span.start, draft.span.end)))
        hint = _("3h (up to now), 9:00–9:30, 11-25 9:00–11-25 17:00")

        def check(typed: str) -> str:
            return "" if parse_range(typed, zone, now) else _("That is no range.")

        key = await app.push_screen_wait(LineScreen(_("Range of the query"), text, hint, check))
    span = parse_range(key, zone, now) if key else None
    if span is None:
        return False
    draft.span, draft.ends_now = span, is_length(key or "")
    return True


def _typed(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).replace(tzinfo=None).isoformat(" ", "seconds")


async def choose_limit(app: Console, draft: QueryDraft) -> int | None:
    limits = [limit for limit in LIMITS if limit <= draft.language.most_rows]
    choices = [Choice(str(limit), _("at most {count} rows", count=f"{limit:,}")) for limit in limits]
    screen = ChooseScreen(_("Rows of the result"), choices, at=str(draft.limit), harmless=True)
    key = await app.push_screen_wait(screen)
    return int(key) if key else None


async def choose_saved(app: Console) -> DraftChange | None:
    insights = app.ready.insights
    queries = list(insights.own_saved())
    try:
        queries += await insights.account_saved()
    except AwsError as error:
        app.inform(error.problem.message, severity="warning")
    if not queries:
        app.inform(_("no query is saved, neither in the runbook nor in the account"))
        return None
    origins = {"runbook": _("runbook"), "account": _("account")}
    choices = [
        Choice(
            str(place),
            query.title,
            "  ".join(
                filter(None, [origins[query.origin], query.note, query.language.label, one_line(query.text)])
            ),
        )
        for place, query in enumerate(queries)
    ]
    key = await app.push_screen_wait(ChooseScreen(_("Saved queries"), choices, harmless=True))
    return await _with_values(app, queries[int(key)]) if key else None


async def _with_values(app: Console, query: SavedQuery) -> DraftChange | None:
    by_name = {parameter.name: parameter for parameter in query.parameters}
    names = placeholders(query.text) if query.language is QueryLanguage.LOGSQL else ()
    text = query.text
    if names:
        parameters = [by_name.get(name) or QueryParameter(name=name) for name in names]
        values = await app.push_screen_wait(ParametersScreen(query.title, parameters))
        if values is None:
            return None
        text = filled(text, values)
    groups = tuple(map(str, query.groups)) or None
    return DraftChange(text=text, language=query.language, groups=groups, length=query.span)


async def choose_past(app: Console) -> DraftChange | None:
    """Ask for a query that was run before: by this person, or by anybody in the account with what it cost."""
    insights, zone, now = app.ready.insights, app.zone, app.now()
    await insights.history.load()
    own = insights.history.queries
    if insights.history.problem:
        app.inform(insights.history.problem, severity="warning")
    try:
        past: tuple[PastQuery, ...] = await insights.past()
    except AwsError as error:
        past = ()
        app.inform(error.problem.message, severity="warning")
    choices = [
        Choice(
            f"own {place}",
            one_line(query.text),
            _("{time}  you  {yen}  {size}").format(
                time=time_text(query.at, zone, now), yen=yen_words(query.yen), size=size_words(query.bytes)
            ),
        )
        for place, query in enumerate(own[:100])
    ]
    choices += [
        Choice(f"all {place}", one_line(own_text(query.text)), _spent(app, query))
        for place, query in enumerate(past)
    ]
    if not choices:
        app.inform(_("no query was run of late"))
        return None
    title = _("Earlier queries: {who}", who=who_spent(app, past)) if past else _("Earlier queries")
    key = await app.push_screen_wait(ChooseScreen(title, choices, harmless=True))
    if not key:
        return None
    kind, _blank, number = key.partition(" ")
    if kind == "own":
        query = own[int(number)]
        return DraftChange(
            query.text, query.language, query.groups or None, query.span.end - query.span.start
        )
    other = past[int(number)]
    return DraftChange(own_text(other.text), other.language, (other.group,) if other.group else None)


def _spent(app: Console, query: PastQuery) -> str:
    time = time_text(query.created_at, app.zone, app.now()) if query.created_at else ""
    size = "" if query.bytes is None else size_words(query.bytes)
    yen = "" if query.bytes is None else yen_words(app.ready.insights.yen(query.bytes))
    return "  ".join(filter(None, [time, _person(query.user), yen, size]))


def _person(arn: str) -> str:
    """The name at the end of an ARN: a user, or a role's session."""
    return arn.rsplit("/", 1)[-1].rsplit(":", 1)[-1] or _("unknown")


def who_spent(app: Console, past: tuple[PastQuery, ...], most: int = 3) -> str:
    """`tanaka ¥12.0, suzuki ¥3.1`: those who scanned most, first."""
    totals: dict[str, int] = {}
    for query in past:
        name = _person(query.user)
        totals[name] = totals.get(name, 0) + (query.bytes or 0)
    names = sorted(totals, key=lambda name: (-totals[name], name))[:most]
    return ", ".join(f"{name} {yen_words(app.ready.insights.yen(totals[name]))}" for name in names)


async def agreed(app: Console, estimate: QueryEstimate | None) -> bool:
    """Whether the query may be sent: its price is within the runbook's limit, or the reader agrees to it."""
    if estimate is not None and not estimate.unknown and estimate.yen <= app.ready.insights.ask_above_yen:
        return True
    price = _("at an unknown price")
    if estimate is not None:
        price = _("for about {size}, {yen}", size=size_words(estimate.bytes), yen=yen_words(estimate.yen))
    choices = [Choice("run", _("Run it {price}", price=price))]
    answer: str | None = await app.push_screen_wait(ChooseScreen(_("Run the query?"), choices))
    return answer == "run"
