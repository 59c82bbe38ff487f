from services.models.aws_cli import CommandSheet
from tui.screens.watch.panels.base import WatchedPanel
from widgets.logs.pane.pane import LogPane


class WatchedTail(WatchedPanel[LogPane]):
    def build(self) -> LogPane:
        return self.screen.new_pane(id=self.spec.id)

    def opened(self) -> None:
        groups = self.screen.services.runbook.log_groups
        if groups:
            self.screen.follow(self.widget, groups[0].id)

    def aws_commands(self) -> CommandSheet:
        return self.screen.pane_sheet(self.widget)

    def focus(self) -> None:
        self.widget.focus()
