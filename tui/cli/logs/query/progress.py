"""The progress of a query on standard error."""

import asyncio
import sys
from contextlib import suppress

import click

PROGRESS_EVERY = 5.0
"""Seconds between two lines of progress where standard error is no terminal."""


class ProgressLine:
    """Progress on standard error: one line that changes on a terminal, elsewhere a line every few seconds."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._drawn = False
        self._next = 0.0

    def show(self, text: str) -> None:
        """Show the newest state."""
        now = asyncio.get_running_loop().time()
        if self._is_terminal:
            self._drawn = True
            self._write(f"\r{text}\x1b[K")
        elif now >= self._next:
            # Not the very first: most queries end within a second.
            if self._next:
                self._write(text + "\n")
            self._next = now + PROGRESS_EVERY

    def clear(self) -> None:
        """Remove the line."""
        if self._drawn:
            self._drawn = False
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            click.echo(text, err=True, nl=False)
