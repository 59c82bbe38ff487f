"""The command `toban`. Draws an outline before the imports, which take time."""

import gc
import os
import sys

from tui.signals import before_loop as early_signals
from tui.terminal import outline

FLAGS = ("--read-only",)  # Options before a command that no value follows
_INTERACTIVE = {"demo"}
_INTERRUPTED = 130
_STDERR = 2


def _draws(arguments: list[str]) -> bool:
    # A closed stream is None.
    if not all(stream and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        return False
    if os.environ.get("TERM", "dumb") in ("", "dumb") or any(
        each in arguments for each in ("--help", "--list", "--version")
    ):
        return False
    return _command(arguments) in ("", *_INTERACTIVE)


def _command(arguments: list[str]) -> str:
    """The name of the command; "" without one."""
    words = iter(arguments)
    for word in words:
        if not word.startswith("-"):
            return word
        if word not in FLAGS and "=" not in word:
            next(words, "")
    return ""


def _open_standard_streams() -> None:
    """Open closed standard streams on the null device; otherwise the next opened file would get their number."""
    try:
        while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
            os.set_inheritable(descriptor, True)
        os.close(descriptor)
    except OSError:
        return


COLLECTED_AFTER = (5_000, 10, 5)
"""Objects after which garbage is collected, and such collections after which the older objects are included.
A page of log lines is thousands of objects that live for some milliseconds. With Python's 700 they are
promoted while they live, and each few pages everything is collected: a tenth of a second in which no key is
answered."""


def main() -> None:
    try:
        _open_standard_streams()
        drawn = _draws(sys.argv[1:])
        if drawn:
            early_signals.catch(before_stop=outline.leave)
            early_signals.undo(outline.leave)
            outline.draw()
        # Everything imported now stays, so the collector starts only after that.
        gc.disable()
        gc.set_threshold(*COLLECTED_AFTER)
        # Pydantic would look through the metadata of every installed package for plugins, and run them.
        os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
        from services.host.hardening import forbid_core_dumps

        forbid_core_dumps()
        from tui.cli.main import main as command_line

        command_line(outline_drawn=drawn)
    except BaseException as error:
        if not early_signals.is_interrupt(error):
            raise
        # Before the command line could catch it.
        os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
