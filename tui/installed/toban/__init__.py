"""The command `toban`, and the only package that an installed Toban adds to Python's path.

A wheel keeps `tui`, `widgets` and `services` in `toban/app`: other distributions use these names, too, and whichever was
installed last would overwrite the files of the others. In a checkout there is no `app`, and they are on the path already.
"""

import os
import sys
from pathlib import Path

_APP = Path(__file__).parent / "app"
_REFUSAL = "Toban runs on Linux and macOS. On Windows, install it in WSL: https://learn.microsoft.com/windows/wsl/install\n"
_UNAVAILABLE = 69
"""`tui.exit_status.ExitStatus.UNAVAILABLE`, which cannot be imported there."""


def main() -> None:
    """Put Toban's own packages first on the path and run the command line."""
    if os.name != "posix":
        sys.stderr.write(_REFUSAL)
        sys.exit(_UNAVAILABLE)
    if _APP.is_dir():
        sys.path.insert(0, str(_APP))
        from toban.bytecode import compile_once

        compile_once()
    from tui.__main__ import main as command

    command()
