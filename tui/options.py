"""What the command line asks of the console, and how a start fails; nothing but the standard library."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Language = Literal["ja", "en"]
LANGUAGES: tuple[str, ...] = get_args(Language)
Theme = Literal["auto", "dark", "light", "16", "16-light"]
"""`16`: the terminal's own sixteen colours."""
Output = Literal["cells", "textual"]
THEMES: tuple[str, ...] = get_args(Theme)


@dataclass(frozen=True, slots=True)
class StartOptions:
    """The flags given; None where a flag was not given, so that environment and file may decide."""

    demo: bool = False
    """On the embedded AWS."""
    scenario: str = "ordinary-day"
    """What happens in the demo."""
    speed: float = 1.0
    """How fast the demo's clock runs."""
    at: datetime | None = None
    """When the demo begins (aware); None: at the scenario's own hour."""
    runbook: str | None = None
    """A file, or the name of one that ships with the console."""
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    role_arn: str | None = None
    lang: str | None = None
    theme: str | None = None
    link: str | None = None
    """How the line to the terminal is taken to be."""
    mode: str | None = None
    """The first screen."""
    read_only: bool | None = None
    """Refuse to be armed."""
    journal: str | None = None
    """The journal's file; a demo has no other than this one or one of its own."""
    config: str | None = None
    """The configuration file, in place of the usual one."""
    debug: str | None = None
    """Where tracebacks of the console's own faults are kept, in place of the usual file."""


class StartError(Exception):
    """The console cannot start; the message says what to do.

    `status` is the exit status, one of `tui.exit_status`.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
