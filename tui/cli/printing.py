"""Prints to standard output and standard error, which may be closed, full, or a pipe that nobody reads."""

import errno
import os
import sys
from collections.abc import Iterable
from contextlib import suppress

import click

from services.i18n import _
from services.models.text import clean
from tui.exit_status import ExitStatus
from tui.terminal import outline


class CannotPrint(Exception):
    """Standard output took no more; `cause` is what the system said."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Output:
    """Where commands print; takes the outline off the screen first, if one was drawn before the imports."""

    def __init__(self, *, outline_drawn: bool) -> None:
        outline.assume(outline_drawn)

    def say(self, lines: Iterable[str], *, error: bool = False) -> None:
        """Print lines of cleaned text; what the terminal's encoding lacks becomes `?`. Raises CannotPrint."""
        text = "\n".join(lines)
        self.clear()
        if error:
            complain(text)
        else:
            show(text)

    def hand_over(self, lines: Iterable[str]) -> None:
        """Print what a file or a program takes, UTF-8 whatever the locale. Raises CannotPrint.

        Only a terminal gets its own encoding: a person reads there.
        """
        text = "\n".join(lines)
        self.clear()
        show(text, data=True)

    def clear(self) -> None:
        """Back to the terminal's own screen."""
        outline.leave()


def show(text: str, *, data: bool = False) -> None:
    """Print to standard output; `data` as UTF-8 unless it is a terminal. Raises CannotPrint, also where it is closed."""
    try:
        if sys.stdout is None:  # where click prints nothing and says nothing
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        if data and not sys.stdout.isatty():
            # As bytes: neither the locale's encoding nor `?` for what that lacks.
            click.echo(f"{text}\n".encode("utf-8", "replace"), nl=False)
        else:
            click.echo(text)
    except (OSError, ValueError) as error:
        _lead_nowhere(1)
        raise CannotPrint(error) from error


def complain(text: str) -> None:
    """Print to standard error; in vain where that cannot be."""
    try:
        click.echo(text, err=True)
    except (OSError, ValueError):
        _lead_nowhere(2)


def output_lost(error: CannotPrint) -> ExitStatus:
    """Say why, unless the reader went away (`| head`), which is nobody's fault; the status."""
    number = getattr(error.cause, "errno", None)
    if number == errno.EPIPE:
        return ExitStatus.BROKEN_PIPE
    reason = clean(os.strerror(number) if number else error.cause)
    complain(_("The output cannot be written: {reason}.").format(reason=reason))
    return ExitStatus.IO


def _lead_nowhere(descriptor: int) -> None:
    """Else Python tries again at its end, and complains with a status of its own."""
    with suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, descriptor)
        os.close(null)
