from services.i18n import _
from services.models import glyphs
from services.models.insights_queries import QueryLanguage
from services.models.text import clean
from tui.console import Console
from tui.screens.logs.insights import insights_wording as wording
from tui.screens.logs.insights.draft import QueryDraft
from tui.screens.logs.insights.ranges import range_words
from widgets.drawing.lines import Line
from widgets.logs.insights.bar import BarFacts, BarItem


def bar_facts(app: Console, draft: QueryDraft, *, running: bool, trouble: str, position: str) -> BarFacts:
    """What is asked, its price, how far it is; `position` says where the cursor is in the result."""
    price: Line = [(_("price not known yet"), "muted")]
    if draft.estimate is not None:
        price = wording.price_line(draft.estimate)
    status = _status(app, draft, running) if not trouble else [(f"{glyphs.ATTENTION} {trouble}", "bad")]
    return BarFacts(_items(app, draft), price, status, [(position, "muted")] if position else [])


def _items(app: Console, draft: QueryDraft) -> tuple[BarItem, ...]:
    first = clean(draft.groups[0]) if draft.groups else _("no log group")
    more = f" +{len(draft.groups) - 1}" if len(draft.groups) > 1 else ""
    groups = _("groups in the text") if draft.language is QueryLanguage.SQL else f"{first}{more}"
    rows = f"{min(draft.limit, draft.language.most_rows):,}"
    return (
        BarItem("language", draft.language.label),
        BarItem("groups", groups),
        BarItem("span", range_words(draft.span, app.zone, app.now())),
        BarItem("limit", _("≤ {count} rows", count=rows)),
        BarItem("saved", _("Saved…")),
        BarItem("past", _("Earlier…")),
    )


def _status(app: Console, draft: QueryDraft, running: bool) -> Line:
    progress, insights = draft.progress, app.ready.insights
    if progress is None:
        return [(_("^r runs the query; → completes a word"), "muted")]
    yen = insights.yen(progress.bytes)
    if running and progress.going:
        return wording.running_line(progress, yen)
    if running and progress.complete and not progress.is_whole:
        return wording.reading_line(progress)
    if progress.going:
        return wording.cancelled_line(progress, yen)
    return wording.final_line(progress, yen, insights.yen(progress.skipped))
