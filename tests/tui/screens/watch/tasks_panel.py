"""Tasks of the runbook's container services: the panel that `test_added_panel` adds."""

from collections.abc import Iterable

from textual.geometry import Size
from textual.widget import Widget

from services.aws.ecs.reader import EcsReader
from services.models.ecs import ContainerService
from services.system import Services
from tui.screens.watch.panels.base import StatePanel
from widgets.drawing.lines import Line, LineWidget
from widgets.frame.panel import Panel

Counts = tuple[ContainerService, ...]


class CountLines(LineWidget, can_focus=True):
    counts: Counts = ()

    def draw(self, width: int, height: int) -> list[Line]:
        return [[(f"{each.name} {each.running}/{each.desired} tasks", "")] for each in self.counts]


class TasksPanel(Panel[Counts]):
    def compose_body(self) -> Iterable[Widget]:
        self.lines = CountLines()
        yield self.lines

    def show(self, value: Counts) -> None:
        self.lines.counts = value
        self.lines.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 2


async def read(services: Services) -> Counts:
    """Every service of the runbook's cluster. Raises AwsError."""
    ecs = services.runbook.ecs
    reader = EcsReader(services.session)
    return tuple([await reader.service(ecs.cluster, name) for name in ecs.services]) if ecs else ()


class WatchedTasks(StatePanel[TasksPanel]):
    widget_type = TasksPanel
    reads = read

    def tell(self) -> None:
        self.app.inform(f"{len(self.widget.lines.counts)} services are watched")
