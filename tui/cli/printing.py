"""Printing to standard output and standard error, which may be closed, full, or a broken pipe."""

import errno
import json
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
    """Standard output cannot be written to; `cause` is the error of the operating system."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class PrintedOutput:
    """The output of commands; removes the outline of the screen first if one was drawn before the imports."""

    def __init__(self, *, outline_drawn: bool) -> None:
        outline.assume(outline_drawn)

    def print_lines(self, lines: Iterable[str], *, error: bool = False) -> None:
        """Print lines of cleaned text; characters missing from the encoding become `?`. Raises CannotPrint."""
        text = "\n".join(lines)
        self.clear()
        if error:
            complain(text)
        else:
            show(text)

    def hand_over(self, lines: Iterable[str]) -> None:
        """Print lines for a file or a program, as UTF-8 whatever the locale. Raises CannotPrint. A terminal
        still gets its own encoding, as a person reads there."""
        text = "\n".join(lines)
        self.clear()
        show(text, data=True)

    def clear(self) -> None:
        outline.leave()


def json_lines(data: object) -> list[str]:
    return [json.dumps(data, ensure_ascii=False, indent=2)]


def check_open() -> None:
    """Raise CannotPrint if standard output was closed from the start, where click would silently print nothing."""
    if sys.stdout is None:
        _redirect_to_null(1)
        raise CannotPrint(OSError(errno.EBADF, os.strerror(errno.EBADF)))


def show(text: str, *, data: bool = False) -> None:
    """Print to standard output, with `data` as UTF-8 unless it is a terminal. Raises CannotPrint, also if it is closed."""
    check_open()
    try:
        if data and not sys.stdout.isatty():
            # Bytes bypass the locale's encoding and its `?` replacements.
            click.echo(f"{text}\n".encode("utf-8", "replace"), nl=False)
        else:
            click.echo(text)
    except (OSError, ValueError) as error:
        _redirect_to_null(1)
        raise CannotPrint(error) from error


def complain(text: str) -> None:
    try:
        click.echo(text, err=True)
    except (OSError, ValueError):
        _redirect_to_null(2)


def output_lost(error: CannotPrint) -> ExitStatus:
    """Report why printing failed and return the status; a closed pipe (`| head`) is not reported."""
    number = getattr(error.cause, "errno", None)
    if number == errno.EPIPE:
        return ExitStatus.BROKEN_PIPE
    reason = clean(os.strerror(number) if number else error.cause)
    complain(_("The output cannot be written: {reason}.", reason=reason))
    return ExitStatus.IO


def _redirect_to_null(descriptor: int) -> None:
    with suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, descriptor)
        os.close(null)
