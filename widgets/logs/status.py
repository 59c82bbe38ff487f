"""What a log pane says of itself, put into words from its parts."""

from typing import TYPE_CHECKING

from services.i18n import _
from services.models.text import clean
from widgets.logs.bar import BarFacts, Mode, TitleFacts
from widgets.logs.time import clock_text, day_text, moment

if TYPE_CHECKING:
    from widgets.logs.pane import LogPane


def title_facts(pane: "LogPane") -> TitleFacts:
    """Group, filters, look, span."""
    look = pane.lines.look
    flags = (
        (look.raw, _("raw")),
        (look.wrap, _("wrapped")),
        (look.relative, _("ages")),
        (look.stream, _("task")),
        (look.shift > 0, f"\u2190{look.shift}"),
    )
    return TitleFacts(
        group=clean(pane.title),
        pattern=clean(pane.pattern),
        threshold=pane.view.threshold,
        flags=tuple(word for on, word in flags if on),
        zone=moment(pane.store.newest).astimezone(look.zone).tzname() or "",
        span=_span(pane),
    )


def bar_facts(pane: "LogPane") -> BarFacts:
    """Mode and counters."""
    lines, view = pane.lines, pane.view
    mode = Mode.FOLLOWING if lines.scroller.follow else Mode.READING
    selected = lines.selected if lines.ranging else None
    marking = view.shown.rank(selected[1] + 1) - view.shown.rank(selected[0]) if selected else 0
    return BarFacts(
        mode=Mode.PAUSED if pane.paused else mode,
        new=lines.scroller.new_below(lines.bottom),
        lines=len(pane.store),
        shown=view.shown.count(),
        dropped=pane.store.dropped,
        stats=pane.stats,
        read_at=pane.read_at,
        stale=pane.stale,
        failing=pane.problem is not None,
        complete=_complete(pane),
        search=_search(pane),
        marking=marking,
    )


def empty_words(pane: "LogPane") -> str:
    """Why there is nothing to see; nothing is never drawn as "all is well"."""
    if len(pane.store):
        return _("No line loaded is that severe.")
    if pane.problem is not None:
        return _("No lines: reading failed.")
    if pane.stats is None:
        return _("Waiting for the first read…")
    if pane.pattern:
        return _("Read {polls} times; no line matches the filter.").format(polls=f"{pane.stats.polls:,}")
    return _("Read {polls} times; the log group has no new lines.").format(polls=f"{pane.stats.polls:,}")


def _span(pane: "LogPane") -> str:
    store, zone = pane.store, pane.lines.look.zone
    if not len(store):
        return ""
    start, end = clock_text(store.oldest, zone)[:8], clock_text(store.newest, zone)[:8]
    days = day_text(store.oldest, zone), day_text(store.newest, zone)
    if days[0] == days[1]:
        return f"{days[0]} {start}\u2013{end}"
    return f"{days[0]} {start}\u2013{days[1]} {end}"


def _complete(pane: "LogPane") -> str:
    """From when to when no line is missing; "" where that cannot be said yet."""
    stats, store, zone = pane.stats, pane.store, pane.lines.look.zone
    if stats is None or stats.complete_from is None or stats.complete_to is None:
        return ""
    # What the pane's memory had no room for is missing as well.
    start = max(stats.complete_from, pane.lacks_to + 1, store.oldest if store.dropped else 0)
    end = stats.complete_to
    if start >= end:
        return ""
    days = day_text(start, zone), day_text(end, zone)
    first = clock_text(start, zone)[:8] if days[0] == days[1] else f"{days[0]} {clock_text(start, zone)[:8]}"
    return _("complete {start}\u2013{end}").format(start=first, end=clock_text(end, zone)[:8])


def _search(pane: "LogPane") -> str:
    query = pane.view.query
    if pane.searching:
        return _("searching…")
    if query is None:
        return ""
    found, cursor = pane.view.found, pane.lines.cursor
    count = found.count()
    if not count:
        return _("/{text}: no match").format(text=clean(query.text, 80))
    if cursor is not None and found.contains(cursor):
        place = found.rank(cursor) + 1
        return _("/{text}: {place} of {count}").format(
            text=clean(query.text, 80), place=f"{place:,}", count=f"{count:,}"
        )
    return _("/{text}: {count} lines").format(text=clean(query.text, 80), count=f"{count:,}")
