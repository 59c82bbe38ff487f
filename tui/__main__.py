"""The command `toban`.

Draws an outline before anything is imported, because importing takes longer than a person likes to wait.
"""

import gc
import os
import sys

from tui.signals import before_loop as early_signals
from tui.terminal import outline

_INTERACTIVE = {"demo"}
_INTERRUPTED = 130
_STDERR = 2


def _draws(arguments: list[str]) -> bool:
    """Whether these arguments end in the console itself, on a terminal that can show it."""
    # A closed stream is None.
    if not all(stream and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        return False
    if os.environ.get("TERM", "dumb") in ("", "dumb") or any(
        each in arguments for each in ("--help", "--list", "--version")
    ):
        return False
    words = [each for each in arguments if not each.startswith("-")]
    return not arguments or arguments[0].startswith("-") or words[0] in _INTERACTIVE


def _open_standard_streams() -> None:
    """What is closed leads nowhere: else the next file or connection that is opened would take its place."""
    try:
        while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
            os.set_inheritable(descriptor, True)
        os.close(descriptor)
    except OSError:
        return


def main() -> None:
    """Run the command line; the exit status says how it ended."""
    try:
        _open_standard_streams()
        drawn = _draws(sys.argv[1:])
        if drawn:
            early_signals.catch(before_stop=outline.leave)
            early_signals.undo(outline.leave)
            outline.draw()
            # What is imported now stays: the collector, which would walk it again and again, begins when it is there.
            gc.disable()
        from services.host.hardening import forbid_core_dumps

        forbid_core_dumps()
        from tui.cli.main import main as command_line

        command_line(outline_drawn=drawn)
    except KeyboardInterrupt:
        # Before the command line was there to catch it.
        os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
