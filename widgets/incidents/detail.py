from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.events import Resize
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.reactive import reactive
from textual.widget import Widget

from services.i18n import _
from services.models.date_text import time_text
from services.models.incidents import StepKind
from widgets.charts.chart import Chart
from widgets.charts.data import ChartData
from widgets.drawing.lines import Line, LineWidget, Span
from widgets.drawing.ticker import every_second
from widgets.drawing.timers import is_going
from widgets.frame.panel import Now
from widgets.incidents.causes import absent_entry, cause_entries, choice_entries, read_spans, word_spans
from widgets.incidents.entries import EntryPanel, IncidentEntry
from widgets.incidents.evidence.answers import answer_entries
from widgets.incidents.evidence.context import EvidenceContext, note
from widgets.incidents.evidence.pages import DECIDING, PAGES, RESOURCE, Page, page_for
from widgets.incidents.head import head_lines
from widgets.incidents.steps import step_entries, step_index, step_key, undecided_spans
from widgets.incidents.timeline import newest_spans, timeline_entries
from widgets.incidents.view import IncidentView

# Where the parts of an incident's screen are: the clocks and the causes on top whatever the size, one thing at a time
# on a small screen, all side by side on a large one.


TWO_COLUMNS, WIDE = 110, 160
"""Width from which steps and evidence are side by side, and from which the timeline is beside the causes."""
_LEAST_CHART = 8  # Rows of a chart that can be read
_LEAST_WIDTH = 56  # Cells of a chart beside another
_LEADING = 6  # Rows of the causes while something else has the focus on a small screen
_STEPS = 6  # Rows of the steps while they share a small screen


@dataclass(frozen=True, slots=True)
class Needs:
    head: int
    causes: int
    steps: int
    evidence: int
    timeline: int
    focus: str = "steps"
    charts: int = 0


def areas(size: Size, needs: Needs) -> dict[str, Region]:
    if size.width < TWO_COLUMNS or size.height < 28:
        return _stacked(size, needs)
    return _columns(size, needs)


def _stacked(size: Size, needs: Needs) -> dict[str, Region]:
    """One below another; the part with the focus has most rows, and every part at least its head."""
    width, rest = size.width, max(0, size.height - needs.head)
    rows = {"causes": min(needs.causes, _LEADING), "steps": 2, "evidence": 1, "timeline": 1}
    wishes = {
        "causes": {"causes": needs.causes, "steps": 2},
        "steps": {"steps": min(needs.steps, _STEPS), "evidence": needs.evidence},
        "evidence": {"steps": 3, "evidence": needs.evidence},
        "timeline": {"timeline": needs.timeline, "steps": 2},
    }[needs.focus]
    for name, wish in wishes.items():
        room = rest - sum(rows.values())
        rows[name] = max(rows[name], min(wish, rows[name] + max(0, room)))
    spare = rest - sum(rows.values())
    charts: dict[str, Region] = {}
    if needs.charts and spare >= _LEAST_CHART and needs.focus in ("steps", "evidence"):
        rows_used = needs.head + rows["causes"] + rows["steps"] + rows["evidence"]
        charts["chart-0"] = Region(0, rows_used, width, spare)
        spare = 0
    taker = "steps" if needs.focus == "steps" and needs.steps > rows["steps"] else needs.focus
    gap = sum(region.height for region in charts.values())
    rows[taker] += max(0, spare)
    result = {"head": Region(0, 0, width, needs.head)}
    top = needs.head
    for name in ("causes", "steps", "evidence"):
        result[name] = Region(0, top, width, max(0, min(rows[name], size.height - top)))
        top += rows[name]
    top += gap
    result["timeline"] = Region(0, top, width, max(0, size.height - top))
    return {**result, **charts}


def _columns(size: Size, needs: Needs) -> dict[str, Region]:
    """Causes above, steps left, evidence right, the timeline below; on a wide screen beside the causes."""
    width, top = size.width, needs.head
    result = {"head": Region(0, 0, width, top)}
    least = max(8, min(needs.steps, (size.height - top) // 2))
    room = size.height - top - least
    if width >= WIDE:
        causes_width = width * 3 // 5
        height = max(6, min(max(needs.causes, needs.timeline), room))
        result["causes"] = Region(0, top, causes_width, height)
        result["timeline"] = Region(causes_width + 1, top, width - causes_width - 1, height)
        bottom = size.height
    else:
        below = max(4, min(needs.timeline, size.height // 5))
        height = max(5, min(needs.causes, room - below))
        result["causes"] = Region(0, top, width, height)
        result["timeline"] = Region(0, size.height - below, width, below)
        bottom = size.height - below
    top += height
    left_width = max(44, width * 2 // 5) if width < WIDE else width * 3 // 8
    result["steps"] = Region(0, top, left_width, bottom - top)
    return {**result, **_evidence(Region(left_width + 1, top, width - left_width - 1, bottom - top), needs)}


def _evidence(area: Region, needs: Needs) -> dict[str, Region]:
    beside = needs.charts if area.width >= needs.charts * _LEAST_WIDTH else min(needs.charts, 1)
    rows = max(1, min(needs.evidence, area.height - _LEAST_CHART)) if beside else area.height
    height = area.height - rows
    if not beside or height < _LEAST_CHART:
        return {"evidence": area}
    result = {"evidence": Region(area.x, area.y, area.width, rows)}
    chart_width = area.width // beside
    for number in range(beside):
        result[f"chart-{number}"] = Region(area.x + number * chart_width, area.y + rows, chart_width, height)
    return result


class PartsLayout(Layout):
    name = "incident"

    def __init__(self) -> None:
        super().__init__()
        self.needs = Needs(2, 4, 4, 4, 2)

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        places = areas(size, self.needs)
        return [
            WidgetPlacement(
                places.get(child.id or "", Region(0, 0, 0, 0)), NULL_OFFSET, NULL_SPACING, child, order
            )
            for order, child in enumerate(children)
        ]


_CHARTS = 2


class IncidentHeadView(LineWidget):
    def __init__(self, now: Now) -> None:
        super().__init__(id="head")
        self.view: IncidentView | None = None
        self._now = now

    def on_mount(self) -> None:
        every_second(self, self.redraw)

    def draw(self, width: int, height: int = 0) -> list[Line]:
        return head_lines(self.view, self._now(), width) if self.view is not None else []


class IncidentDetail(Widget):
    """Set `view`; the messages of its panels say what was opened."""

    DEFAULT_CSS = """
    IncidentDetail { height: 1fr; width: 1fr; }
    IncidentDetail > * { min-height: 0; }
    """

    view: reactive[IncidentView | None] = reactive(None, repaint=False, init=False)

    def __init__(self, now: Now) -> None:
        super().__init__()
        self._now = now
        self.head = IncidentHeadView(now)
        self.causes = EntryPanel(_("Causes"), self._causes, beside=self._word, id="causes")
        self.steps = EntryPanel(_("Steps"), self._steps, beside=self._steps_hint, id="steps")
        self.evidence = EntryPanel(_("Evidence"), self._evidence, beside=self._read_at, id="evidence")
        self.timeline = EntryPanel(
            _("Timeline"), self._timeline, beside=self._newest, from_end=True, id="timeline"
        )
        self.charts = tuple(Chart(id=f"chart-{number}") for number in range(_CHARTS))
        self._places = PartsLayout()
        self._page: Page | None = None
        self._focus = "steps"

    @property
    def layout(self) -> Layout:
        return self._places

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.causes
        yield self.steps
        yield self.evidence
        yield from self.charts
        yield self.timeline

    def on_mount(self) -> None:
        every_second(self.causes, self.causes.update, seconds=20)

    def watch_view(self, before: IncidentView | None, view: IncidentView | None) -> None:
        """Show what has changed; at first the cursor is on the step that is to be done."""
        self.head.view = view
        if view is not None and view.incident.is_asked:
            self.causes.title = _("Questions")
        if before is None and view is not None:
            self.steps.move_to(step_key(view.next_step))
        self.update()

    def update(self) -> None:
        if not self.is_mounted or is_going(self):
            return
        self._show_page()
        self.place()
        self.head.redraw()
        for panel in (self.causes, self.steps, self.evidence, self.timeline):
            panel.update()

    def place(self) -> None:
        needs = self._needs()
        if needs != self._places.needs:
            is_moved = areas(self.size, needs) != areas(self.size, self._places.needs)
            self._places.needs = needs
            if is_moved:
                # A child asks, because a widget that asks clears the arrangement of those around it alone.
                self.head.refresh(layout=True)

    def _needs(self) -> Needs:
        width = self.size.width
        charts = sum(bool(chart.data.curves) for chart in self.charts)
        return Needs(
            head=len(self.head.draw(width)),
            causes=self.causes.rows(width),
            steps=self.steps.rows(self.steps.size.width or width),
            evidence=self.evidence.rows(self.evidence.size.width or width),
            timeline=self.timeline.rows(self.timeline.size.width or width),
            focus=self._focus,
            charts=charts,
        )

    # -- which step, which page

    @property
    def step(self) -> int | None:
        return step_index(self.steps.cursor_key)

    def _show_page(self) -> None:
        page = self._page_at_hand()
        if page is not self._page:
            self._page = page
            self.evidence.title = _("Evidence: {page}", page=_(page.title)) if page else _("Evidence")
            self.evidence.restart()
        context = self._evidence_context()
        data = page.chart_data(context) if page is not None and context is not None else ()
        if context is not None and context.view.incident.is_asked:
            data = data or PAGES["waf-blocks"].chart_data(context)
        for number, chart in enumerate(self.charts):
            chart.zone = self.view.zone if self.view is not None else chart.zone
            chart.data = data[number] if number < len(data) else ChartData()

    def _page_at_hand(self) -> Page | None:
        view, step = self.view, self.step
        if view is None or view.playbook is None or step is None or step >= len(view.playbook.leads):
            return RESOURCE if view is not None and view.resource is not None else None
        # The action for a cause is chosen by the causes.
        kind = view.kinds[step] if step < len(view.kinds) else StepKind.DECIDE
        look = view.playbook.leads[step].look
        # What is of the system says nothing about an alarm of another resource.
        if view.resource is not None and (
            look in ("dashboard", "tail") or (look is None and kind is StepKind.LOOK)
        ):
            return RESOURCE
        name = view.incident.target if view.incident.is_without_alarm else view.playbook.id
        return page_for(look, kind, str(name))

    def _evidence_context(self) -> EvidenceContext | None:
        view = self.view
        if view is None or view.evidence is None:
            return None
        return EvidenceContext(view, view.evidence, self._now())

    # -- the panels' entries

    @property
    def _is_small(self) -> bool:
        return areas(self.size, self._places.needs)["steps"].width == self.size.width

    def _causes(self, width: int) -> Sequence[IncidentEntry]:
        if self.view is None:
            return []
        if self.view.incident.is_asked and self.view.evidence is not None:
            return answer_entries(self.view.evidence.answers, self.view.zone, self._now(), width)
        is_brief = self._is_small and self._focus != "causes"
        entries = cause_entries(self.view, self._now(), width, is_brief=is_brief)
        answers = self.view.evidence.answers if self.view.evidence is not None else ()
        return [*entries, *answer_entries(answers, self.view.zone, self._now(), width)]

    def _steps(self, width: int) -> Sequence[IncidentEntry]:
        if self.view is None:
            return []
        return step_entries(self.view, self._now(), width, self.steps.cursor_key, is_small=self._is_small)

    def _evidence(self, width: int) -> Sequence[IncidentEntry]:
        view = self.view
        if view is None:
            return []
        if self._page is DECIDING and view.incident.is_weighed:
            return choice_entries(view, self._now(), width)
        reason = str(view.incident.reason)
        at = _("recorded {time}", time=time_text(view.incident.opened_at, view.zone, self._now()))
        texts = (reason, *(fact for fact in view.incident.facts if fact not in reason), at)
        facts = [note(f"fact:{index}", text, width, "") for index, text in enumerate(texts) if text]
        facts = facts if len(facts) > 1 else []
        context = self._evidence_context()
        if view.trouble or context is None:
            return [*facts, absent_entry(view, width)]
        if self._page is None:
            return facts or [note("none", _("Choose a step to see its evidence."), width)]
        # Of an attack only what its questions need is read.
        return [*facts, *(self._page.entries(context, width) if context.evidence.readings else ())]

    def _timeline(self, width: int) -> Sequence[IncidentEntry]:
        return timeline_entries(self.view, width) if self.view is not None else []

    def _word(self) -> Sequence[Span]:
        return word_spans(self.view, self._now()) if self.view is not None else []

    def _steps_hint(self) -> Sequence[Span]:
        undecided = undecided_spans(self.view) if self.view is not None and self._is_small else []
        return undecided or [(".", "key"), (_(" and the number opens a step"), "muted")]

    def _read_at(self) -> Sequence[Span]:
        return read_spans(self.view, self._now()) if self.view is not None else []

    def _newest(self) -> Sequence[Span]:
        if self.view is None or self.timeline.size.height > 1:
            return []
        return newest_spans(self.view)

    # -- focus

    @on(EntryPanel.Moved)
    def _moved(self, message: EntryPanel.Moved) -> None:
        if message.panel is self.steps:
            self.update()

    def on_descendant_focus(self) -> None:
        panels = (self.causes, self.steps, self.evidence, self.timeline)
        self._focus = next((panel.id or "" for panel in panels if panel.has_focus), self._focus)
        self.update()

    def on_resize(self, _event: Resize) -> None:
        self.call_after_refresh(self.update)
