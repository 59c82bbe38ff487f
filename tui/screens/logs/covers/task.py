"""The lines of one ECS task that ended: its streams alone, up to its end."""

from datetime import datetime, timedelta

from services.aws.client.errors import AwsError
from services.aws.logs.streams import LogStreams
from services.i18n import _
from services.models.text import clean
from tui.screens.logs.covers.covering import CoveringPane
from tui.screens.logs.pane_set import PaneSet
from widgets.logs.store.sources import lettered

BEFORE, AFTER = timedelta(hours=1), timedelta(minutes=5)
"""How long before and after the end of the task its lines are read."""
PAGES = 20
"""Pages read at most; a page is about 1 MB."""


class TaskPane(CoveringPane):
    """The lines of a task's streams."""

    def __init__(self, screen: PaneSet, group: str, task: str, ended: datetime) -> None:
        super().__init__(screen, {group: group})
        self.group = group
        self.task = task
        self.ended = ended
        self.pane.title = _("Task {id}").format(id=clean(task, 12))

    async def start(self) -> None:
        """Find the task's streams and read them, within the account's limit of requests."""
        services = self.screen.services
        limiter = services.log_limiter
        lane = limiter.open(self.group)
        try:
            streams = await LogStreams(services.session).of_task(self.group, self.task)
            if not streams:
                words = _("{group} has no recent stream of the task {id}.")
                self.screen.app.inform(words.format(group=clean(self.group), id=clean(self.task, 12)))
                return
            start, end = self.ended - BEFORE, self.ended + AFTER
            token: str | None = None
            for _page in range(PAGES):
                await limiter.turn(lane)
                lines, token = await services.logs.page(
                    self.group,
                    int(start.timestamp() * 1000),
                    int(end.timestamp() * 1000),
                    token=token,
                    streams=streams,
                )
                self.pane.append(lettered(lines, self.letters[self.group]))
                if token is None:
                    break
        except AwsError as error:
            self.pane.problem = error.problem
        finally:
            limiter.close(lane)
        self.pane.go_to(int(self.ended.timestamp() * 1000))

    def change_pattern(self, pattern: str) -> None:
        """The streams are the filter: there is no other."""
        self.screen.app.inform(_("The lines of a task are filtered by its stream; / searches in them."))

    def read_earlier(self, at: int) -> None:
        """Nothing is read beyond the span."""
