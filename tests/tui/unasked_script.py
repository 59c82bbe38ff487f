"""A console whose message loop ends by itself, for the test in a pseudo-terminal: `python -m tests.tui.unasked_script FOLDER`."""

import sys
from pathlib import Path

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from services import i18n
from tui.runtime.runtime_app import RuntimeApp


class Ends(RuntimeApp):
    """`x` ends the message loop as a fault would; `f` is a fault that is survived."""

    BINDINGS = [("x", "lose", ""), ("f", "fail", ""), ("q", "quit", "")]  # noqa: RUF012  as Textual declares it

    def compose(self) -> ComposeResult:
        yield Static(Content("Ready."))

    def action_lose(self) -> None:
        self._close_messages_no_wait()

    def action_fail(self) -> None:
        raise RuntimeError("an action failed")

    async def drain(self) -> None:
        (Path(sys.argv[1]) / "drained").touch()


if __name__ == "__main__":
    i18n.use("en")
    app = Ends()
    app.run()
    sys.exit(app.return_code or 0)
