"""The dialog for the six digits of an MFA device; the SDK's own prompt would freeze the console."""

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from services.aws.client.errors import AwsError
from services.aws.client.session import AwsSession, MfaNeeded
from services.i18n import _
from tui.screens.common.dialog import window
from tui.screens.common.type_ahead_guard import GuardedDialog


class CodeScreen(GuardedDialog[bool]):
    DEFAULT_CSS = """
    CodeScreen Input {
        border: none; height: 1; width: 10; padding: 0 1; margin: 1 0; background: $panel;
        &:focus { border: none; }
    }
    CodeScreen #say { height: auto; color: $text-warning; }
    """

    def __init__(self, session: AwsSession, needed: MfaNeeded) -> None:
        super().__init__()
        self.session = session
        self.needed = needed

    def compose(self) -> ComposeResult:
        with window(_("MFA code")):
            yield Static(Content(_("Role: {role}", role=self.needed.role_arn)))
            yield Static(Content(_("Device: {device}", device=self.needed.serial)))
            yield Input(placeholder="123456", restrict=r"\d{0,6}", max_length=6)
            yield Static(Content(_("Six digits, then ⏎. A code works once.")), id="say")

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        if len(event.value) == 6:
            self.send(event.value)
            event.input.clear()

    @work(group="assume", exclusive=True)
    async def send(self, code: str) -> None:
        say = self.query_one("#say", Static)
        say.update(Content(_("Querying AWS…")))
        try:
            await self.session.assume(code)
        except AwsError as error:
            say.update(Content(error.problem.message))
            return
        self.dismiss(True)
