"""What a reader opens over a log pane: its filters, its patterns, the histogram of another range."""

from services.i18n import _
from tui.console import Console
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.logs.patterns import PatternsScreen
from tui.screens.logs.range_histogram import choose_range
from widgets.logs.pane.pane import LogPane
from widgets.logs.pane.status import filter_text
from widgets.logs.reading.patterns import PatternQuery


def open_tool(app: Console, request: LogPane.ToolRequested, group: str) -> None:
    """Open `filters`, `patterns` or `range` of a pane that follows `group`."""
    pane, tool = request.pane, request.tool
    if tool == "filters":
        _choose_filter(app, pane)
    elif tool == "patterns":
        _show_patterns(app, pane)
    elif not group:
        app.inform(_("This pane shows several log groups; choose the range in the pane of one."))
    else:
        choose_range(app, pane, group, request.range)


def _show_patterns(app: Console, pane: LogPane) -> None:
    def chosen(query: PatternQuery | None) -> None:
        if query is not None and pane.is_attached:
            pane.filters.add(query, hides=False)

    app.push_screen(PatternsScreen(pane), chosen)


def _choose_filter(app: Console, pane: LogPane) -> None:
    """List the local filters and what stays highlighted; the chosen one is switched, or highlighted no longer."""
    filters, terms = pane.filters.wanted.filters, pane.highlights.terms
    choices = [
        Choice(f"filter-{index}", filter_text(each), _("on") if each.is_on else _("off"))
        for index, each in enumerate(filters)
    ]
    choices += [
        Choice(f"term-{index}", query.text, _("highlighted")) for index, (query, _style) in enumerate(terms)
    ]
    if not choices:
        app.inform(
            _("no filter here and nothing highlighted: f filters, Keep highlighted (^p) keeps a search")
        )
        return

    def chosen(key: str | None) -> None:
        kind, _dash, index = (key or "").partition("-")
        if not pane.is_attached:
            return
        if kind == "filter" and filters == pane.filters.wanted.filters:
            pane.filters.toggle(int(index))
        elif kind == "term":
            pane.highlights.remove(terms[int(index)][0])

    app.push_screen(ChooseScreen(_("Filters and highlights: ⏎ switches"), choices, harmless=True), chosen)
