"""The alarm list, with the alarm under the cursor."""

from services.i18n import _
from services.models.aws_cli import CommandSheet
from tui import messages
from tui.screens.common.command_sheets import alarm_sheet
from tui.screens.common.mode_screen import Place
from tui.screens.watch.panels.base import StatePanel
from widgets.alarms.panel import AlarmPanel


class WatchedAlarms(StatePanel[AlarmPanel]):
    """Shows the alarm overview, which the console follows anyway."""

    widget_type = AlarmPanel

    def opened(self) -> None:
        """Follow the overview."""
        self.screen.watch(self.app, "alarms", self._show_overview)

    def _show_overview(self) -> None:
        if self.app.alarms is not None:
            self.widget.state = self.app.alarms

    def focus(self) -> None:
        """Focus the list."""
        self.widget.table.focus()

    def note_subject(self) -> Place | None:
        """The alarm under the cursor."""
        alarm = self.widget.chosen
        return Place(str(alarm.id), alarm.name) if alarm is not None else None

    def aws_commands(self) -> CommandSheet | None:
        """The commands about the alarm under the cursor."""
        alarm = self.widget.chosen
        return alarm_sheet(self.app, alarm) if alarm is not None else None

    def acknowledge(self) -> None:
        """Acknowledge the state of the alarm under the cursor."""
        alarm = self.widget.chosen
        if alarm is None:
            self.app.inform(_("no alarm chosen"))
        else:
            self.screen.post_message(messages.Acknowledge(alarm))
