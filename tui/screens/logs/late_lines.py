from contextlib import aclosing

from textual.content import Content

from services.aws.client.errors import AwsError
from services.aws.logs.metric_filter import MetricFilters
from services.i18n import _, plural
from services.logs.follow.late_lines import (
    MOST_ROWS,
    MOST_TRIED,
    late_lines_of,
    late_lines_query,
    only_matching,
)
from services.logs.insights.insights_wording import group_price
from services.models.amounts import size_words, yen_words
from services.models.date_text import zoned_time
from services.models.insights_queries import QueryEstimate
from services.models.logs import LogLine, TailStats
from tui.console import Console
from tui.screens.common.confirm import ConfirmScreen
from tui.screens.logs.tail_binding import PaneTail


async def ask_late_lines(app: Console, tail: PaneTail) -> None:
    pane, stats = tail.pane, tail.pane.stats
    lateness, start = _missing(stats)
    if start is None:
        app.inform(_("Nothing to ask for: late lines are read as they come."))
        return
    service = tail.services.insights
    now = tail.services.clock.now()
    query = late_lines_query(tail.group, lateness, start, now, tail.pattern)
    try:
        estimate = await service.estimate(query.groups, query.span, query.text)
        text = _(
            "Ask Logs Insights for lines of {group} that arrived more than {seconds} s late, since {time}.",
            group=tail.group,
            seconds=f"{lateness:,.0f}",
            time=zoned_time(query.span.start, pane.zone, now, seconds=True),
        )
        text = f"{text}\n{_price(estimate)}"
        keys = _("⏎ {verb} · Esc closes", verb=_("asks"))
        if not await app.push_screen_wait(ConfirmScreen(_("Late lines"), Content(text), keys)):
            return
        pane.note = _("asking for late lines…")
        async with aclosing(service.run(query, estimate)) as states:
            async for state in states:
                last = state
        late = late_lines_of(last.rows)
        lines = await _matching(tail, late)
    except AwsError as error:
        pane.note, pane.problem = "", error.problem
        return
    count = tail.show_unnamed(lines)
    most = MOST_TRIED if tail.pattern else MOST_ROWS - 1
    if not last.complete:
        pane.note = _("the query did not complete: late lines may be missing")
    elif len(late) > most:
        pane.note = _("more late lines than {most}: further ones may be missing", most=f"{most:,}")
    else:
        tail.late_lines_read(round(now.timestamp() * 1000))
        pane.note = plural("{count} late line added", "{count} late lines added", count, count=f"{count:,}")


def _missing(stats: TailStats | None) -> tuple[float, int | None]:
    """Which late lines may be missing: those later than so many seconds, from when on (epoch ms); None: none are."""
    if stats is None:
        return 0.0, None
    gap = stats.late_gap
    if gap is None:
        return stats.lateness, stats.incomplete_from
    if stats.incomplete_from is None:
        return gap.lateness, gap.start
    return min(stats.lateness, gap.lateness), min(stats.incomplete_from, gap.start)


async def _matching(tail: PaneTail, lines: list[LogLine]) -> list[LogLine]:
    if not tail.pattern:
        return lines
    filters = MetricFilters(tail.services.session)
    return await only_matching(filters, tail.pattern, lines, tail.services.clock)


def _price(estimate: QueryEstimate) -> str:
    if estimate.unknown:
        return group_price(estimate)
    return _("It scans up to {size}: {yen}.", size=size_words(estimate.bytes), yen=yen_words(estimate.yen))
