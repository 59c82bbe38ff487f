from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from services.models import glyphs
from services.models.problem import Problem, ProblemKind
from widgets.drawing.format import wrap

SHARED = (
    ProblemKind.REFUSED,
    ProblemKind.EXPIRED,
    ProblemKind.NO_CREDENTIALS,
    ProblemKind.CLOCK,
    ProblemKind.UNREACHABLE,
)
"""Problems that are shown once for all panels, the most telling first."""
_MOST_ROWS = 4


class Banner(Widget):
    DEFAULT_CSS = """
    Banner { height: auto; max-height: 4; display: none; background: $error-muted; color: $text; padding: 0 1; }
    """

    problem: reactive[Problem | None] = reactive(None, layout=True)

    def watch_problem(self, problem: Problem | None) -> None:
        self.display = problem is not None

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> RenderResult:
        return Content("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Content]:
        problem = self.problem
        if problem is None:
            return [Content("")]
        summary = f"{glyphs.ABNORMAL} {problem.summary}"
        both = f"{summary} — {problem.remedy}" if problem.remedy else summary
        if cell_len(both) <= width:
            return [Content.assemble((summary, "bold"), both[len(summary) :])]
        remedy = wrap(f"→ {problem.remedy}", width) if problem.remedy else []
        lines = [*(Content.styled(line, "bold") for line in wrap(summary, width)), *map(Content, remedy)]
        return lines[:_MOST_ROWS]


def shared_problem(problems: list[Problem | None]) -> Problem | None:
    present = [problem for problem in problems if problem is not None and problem.kind in SHARED]
    return min(present, key=lambda problem: SHARED.index(problem.kind), default=None)
