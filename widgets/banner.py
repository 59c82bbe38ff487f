"""One line across the screen for what concerns every panel: credentials, network, throttling."""

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from services.models.problem import Problem, ProblemKind

SHARED = (
    ProblemKind.EXPIRED,
    ProblemKind.NO_CREDENTIALS,
    ProblemKind.CLOCK,
    ProblemKind.UNREACHABLE,
)
"""Problems that are said once for all panels, most telling first."""


class Banner(Widget):
    """Shown while there is something to say."""

    DEFAULT_CSS = """
    Banner { height: auto; max-height: 2; display: none; background: $error 40%; color: $text; padding: 0 1; }
    """

    problem: reactive[Problem | None] = reactive(None, layout=True)

    def watch_problem(self, problem: Problem | None) -> None:
        """Appear and disappear."""
        self.display = problem is not None

    def render(self) -> RenderResult:
        """What happened and what to do."""
        if self.problem is None:
            return Content("")
        parts = [Content.styled("✖ ", "bold"), Content.styled(self.problem.summary, "bold")]
        if self.problem.remedy:
            parts += [Content(" — "), Content(self.problem.remedy)]
        return Content("").join(parts)


def shared_problem(problems: list[Problem | None]) -> Problem | None:
    """The one problem to say for all, or None when what fails concerns single panels only."""
    present = [problem for problem in problems if problem is not None and problem.kind in SHARED]
    return min(present, key=lambda problem: SHARED.index(problem.kind), default=None)
