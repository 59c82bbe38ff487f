"""The command-line flags, and the error of a failed start; standard library only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Language = Literal["ja", "en"]
LANGUAGES: tuple[str, ...] = get_args(Language)
Theme = Literal["auto", "dark", "light", "16", "16-light"]  # `16`: the terminal's own sixteen colours
Output = Literal["cells", "textual"]
MOST_SYSTEMS = 8  # Systems that a demo may have
THEMES: tuple[str, ...] = get_args(Theme)


@dataclass(frozen=True, slots=True)
class StartOptions:
    """The flags; None for an absent one, so that environment and file decide."""

    demo: bool = False  # Run on the embedded AWS
    scenario: str = "ordinary-day"  # Name of the demo's scenario
    demo_systems: int = 1  # How many systems the demo has
    speed: float = 1.0  # Speed of the demo's clock as a multiple of real time
    seed: int | None = None  # Draws the demo's incident; None: the scenario as its file has it
    at: datetime | None = None  # Start time of the demo (aware); None: the scenario's own hour
    runbook: str | None = None  # A file, or the name of one that ships with the console
    system: str | None = None  # The id of one of several configured systems; None: the first
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    role_arn: str | None = None
    lang: str | None = None
    theme: str | None = None
    link: str | None = None  # The assumed speed of the line to the terminal
    mode: str | None = None  # The first screen
    read_only: bool | None = None  # Refuse arming
    journal: str | None = None
    """The journal's file; a demo without this flag creates its own, whatever the configuration says."""
    config: str | None = None  # The configuration file to use in place of the usual one
    debug: str | None = None  # The debug log in place of the usual file


class StartError(Exception):
    """The message says what to do; `status` is one of `tui.exit_status`."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class OtherAccount(StartError):
    """AWS's answers are of another account or region than the runbook's."""
