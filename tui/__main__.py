"""The command `toban`.

Draws an outline before anything is imported, because importing takes longer than a person likes to wait.
"""

import gc
import os
import sys

_INTERACTIVE = {"demo"}
_OUTLINE = "\x1b[?1049h\x1b[?25l\x1b[2J\x1b[H\x1b[7m Toban 当番 \x1b[0m …"


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


def main() -> None:
    """Run the command line; the exit status says how it ended."""
    drawn = _draws(sys.argv[1:])
    if drawn:
        os.write(1, _OUTLINE.encode())
        # What is imported now stays: the collector, which would walk it again and again, begins when it is there.
        gc.disable()
    from tui.cli import main as command_line

    command_line(outline_drawn=drawn)


if __name__ == "__main__":
    main()
