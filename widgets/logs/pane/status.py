from datetime import datetime

from services.i18n import _, plural
from services.models.logs import TailStats
from services.models.text import clean
from widgets.drawing.format import crop
from widgets.logs.drawing.lines import LogLines
from widgets.logs.pane.bar import PaneBarFacts, PaneMode
from widgets.logs.pane.pager import LogPager
from widgets.logs.pane.title import TitleFacts
from widgets.logs.store.shown import LineFilter
from widgets.logs.text.time import moment, range_text, second_text

PRESENT = 180_000  # Milliseconds before the last read up to which a tail that lacks nothing is complete


def title_facts(
    lines: LogLines, title: str, pattern: str, sources: tuple[tuple[str, str], ...] = (), live: str = ""
) -> TitleFacts:
    format, store = lines.format, lines.view.store
    flags = (
        (format.raw, _("raw")),
        (format.wrap, _("wrapped")),
        (format.relative, _("ages")),
        (format.gaps, _("gaps")),
        (format.shift > 0, f"\u2190{format.shift}"),
    )
    return TitleFacts(
        group=clean(title),
        sources=tuple((letter, clean(name)) for letter, name in sources),
        pattern=clean(pattern),
        live=live,
        threshold=lines.view.threshold,
        flags=tuple(word for on, word in flags if on),
        filters=_filter_texts(lines),
        zone=moment(store.newest).astimezone(format.zone).tzname() or "",
        span=_range(lines, store.oldest, store.newest) if len(store) else "",
    )


def filter_text(local: LineFilter) -> str:
    words = _("without {text}") if local.hides else _("only {text}")
    return words.format(text=clean(local.query.text, 60))


def _filter_texts(lines: LogLines) -> tuple[str, ...]:
    shown = lines.view.shown
    texts = [filter_text(each) for each in shown.active]
    if off := len(shown.filters) - len(shown.active):
        texts.append(plural("{count} filter off", "{count} filters off", off, count=off))
    if shown.hides and shown.context:
        texts.append(f"\u00b1{shown.context}")
    return tuple(texts)


def bar_facts(
    pager: LogPager,
    *,
    stats: TailStats | None,
    read_at: datetime | None,
    stale: bool,
    failing: bool,
    missing_until: int,
    note: str = "",
    scope: str = "",
) -> PaneBarFacts:
    """Mode and counters; `missing_until` (epoch milliseconds): lines up to it may be missing."""
    lines, view = pager.lines, pager.view
    mode = PaneMode.FOLLOWING if lines.scroller.follow else PaneMode.READING
    selected = lines.selected if lines.ranging else None
    marking = view.visible.rank(selected[1] + 1) - view.visible.rank(selected[0]) if selected else 0
    return PaneBarFacts(
        mode=PaneMode.PAUSED if pager.paused else mode,
        new=lines.scroller.new_below(lines.bottom),
        lines=len(view.store),
        visible=view.visible.count(),
        dropped=view.store.dropped,
        stats=stats,
        read_at=read_at,
        stale=stale,
        failing=failing,
        complete=_complete(lines, stats, read_at, missing_until),
        incomplete=_incomplete(lines, stats),
        reach=_reach(stats),
        held_mb=view.store.size / (1 << 20),
        most_mb=view.store.max_bytes >> 20,
        note=note,
        scope=scope,
        search=_search(pager),
        marking=marking,
    )


def empty_text(
    lines: LogLines, *, stats: TailStats | None, failing: bool, pattern: str, scope: str = ""
) -> str:
    """Why there is nothing to see; an empty pane never looks like "all is well"."""
    if len(lines.view.store):
        return _("No line in memory passes the level and the filters here.")
    if failing:
        return _("No lines: reading failed.")
    if scope:
        return _("No lines: {scope}", scope=scope)
    if stats is None or stats.complete_to is None:
        return _("Waiting for the first read…")
    if pattern:
        return _("Read {polls} times; no line matches the filter.", polls=f"{stats.polls:,}")
    return _("Read {polls} times; the log group has no new lines.", polls=f"{stats.polls:,}")


def _range(lines: LogLines, start: int, end: int) -> str:
    return range_text(start, end, lines.format.zone, lines.today())


def _complete(lines: LogLines, stats: TailStats | None, read_at: datetime | None, missing_until: int) -> str:
    """From when on no line is missing, and until when if that is not the present; "" if not known yet."""
    store = lines.view.store
    if stats is None or stats.complete_from is None or stats.complete_to is None:
        return ""
    # Lines that did not fit into the pane's memory are missing as well.
    start = max(stats.complete_from, missing_until + 1, store.oldest if store.dropped else 0)
    end = stats.complete_to
    if start >= end:
        return ""
    if read_at is None or read_at.timestamp() * 1000 - end > PRESENT:
        return _("complete {range}", range=_range(lines, start, end))
    zone, today = lines.format.zone, lines.today()
    return _("complete from {time}", time=second_text(start, zone, today))


def _incomplete(lines: LogLines, stats: TailStats | None) -> str:
    """Which late lines may be missing; "" if none."""
    if stats is None:
        return ""
    zone, today = lines.format.zone, lines.today()
    if stats.incomplete_from is None:
        gap = stats.late_gap
        return _("late lines of {range} not read (+)", range=_range(lines, gap.start, gap.end)) if gap else ""
    return _("lines over {span} late not read since {time} (+)").format(
        span=_span_words(stats.lateness), time=second_text(stats.incomplete_from, zone, today)
    )


def _reach(stats: TailStats | None) -> str:
    """How late a line may be and is shown; "" where `_incomplete` says it."""
    if stats is None or stats.incomplete_from is not None or stats.lateness < 60:
        return ""
    return _("late lines up to {span} shown", span=_span_words(stats.lateness))


def _span_words(seconds: float) -> str:
    if seconds < 60:
        return _("{count} s", count=round(seconds))
    if seconds < 7200:
        return _("{count} min", count=round(seconds / 60))
    return _("{count} h", count=round(seconds / 3600))


def _search(pager: LogPager) -> str:
    # A quarter of the row: the counters have to fit beside it.
    most = max(12, pager.size.width // 4)
    if pager.view.slow:
        return _("/{text}: takes too long, given up", text=crop(clean(pager.view.slow), most))
    query, cursor = pager.view.query, pager.lines.cursor
    if pager.search.running:
        return _("searching…")
    if query is None:
        return ""
    text = crop(clean(query.text), most)
    matches = pager.view.matches
    count = matches.count()
    if not count:
        return _("/{text}: no match", text=text)
    if cursor is not None and matches.contains(cursor):
        place = matches.rank(cursor) + 1
        return _("/{text}: {place} of {count}", text=text, place=f"{place:,}", count=f"{count:,}")
    return _("/{text}: {count} lines", text=text, count=f"{count:,}")
