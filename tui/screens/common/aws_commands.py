from textual import on
from textual.app import ComposeResult
from textual.getters import app as app_getter

from services.aws_cli.shell import sheet_remarks, shell_line
from services.i18n import _
from services.models.aws_cli import CommandSheet
from tui.console import Console
from tui.screens.common.dialog import Dialog, window
from widgets.aws_cli.view import CommandView


class AwsCommandsScreen(Dialog[None]):
    DEFAULT_CSS = """
    AwsCommandsScreen > #window { width: 96%; max-width: 150; height: auto; max-height: 96%; }
    """
    AUTO_FOCUS = ""  # The view chooses the first command itself, so that the head above it stays in view
    app = app_getter(Console)

    def __init__(self, sheet: CommandSheet) -> None:
        super().__init__()
        self.sheet = sheet
        services = self.app.ready
        settings = services.session.settings
        self.view = CommandView(
            [shell_line(command, settings, services.region) for command in sheet.commands],
            tuple(sheet_remarks(settings, demo=bool(self.app.demo))),
        )

    def compose(self) -> ComposeResult:
        with window(_("AWS commands: {title}", title=self.sheet.title), _("↑ ↓ choose · y copy · Esc close")):
            yield self.view

    def on_mount(self) -> None:
        self.view.choose(0)

    @on(CommandView.CopyRequested)
    def copy(self, event: CommandView.CopyRequested) -> None:
        event.stop()
        self.app.copy_to_clipboard(event.line.text)
