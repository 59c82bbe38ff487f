"""Where peers are, when they are installed: on the PATH, or by `make peers` in `.peers/`."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
_COMMANDS = {"toolong": "tl"}


def peer(name: str) -> str | None:
    """The peer's command, or None when it is not installed."""
    command = _COMMANDS.get(name, name)
    own = ROOT / ".peers" / name / "bin" / command
    return str(own) if own.exists() else shutil.which(command)
