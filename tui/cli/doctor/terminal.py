"""The terminal: size, colours, the settings of tmux, and whether it answers queries."""

import asyncio
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Mapping
from typing import TextIO

from services.host.programs import begin, end, program
from services.i18n import _, sentences
from services.models.verdict import Verdict
from tui.cli.doctor.examination import Examination
from tui.cli.doctor.outcome import Outcome, Skipped
from tui.terminal.checks import check_terminal, foreign_encoding
from tui.terminal.passthrough import inside_tmux

COMFORTABLE = (80, 24)
"""Columns and rows for which the screens are made."""
ANSWER_SECONDS = 1.0
_TMUX_SECONDS = 2.0
_LONGEST_ESCAPE = 100
"""Milliseconds that tmux may wait after Escape; its default was 500 before version 3.5."""
_QUERY, _END_OF_ANSWER = b"\x1b[c", b"c"
"""Primary Device Attributes, which every terminal answers (ECMA-48, xterm's control sequences)."""


async def terminal(subject: Examination) -> Outcome:
    """Judge the terminal that standard output is; the encoding is judged with the language."""
    if sys.stdin is None or sys.stdout is None or not sys.stdout.isatty():
        raise Skipped(_("standard output is not a terminal"))
    if foreign_encoding() is None and (refusal := check_terminal()):
        return Outcome(Verdict.ABNORMAL, refusal)
    environment = subject.environment
    size, colours = _size(), colours_of(environment)
    seconds, is_asked = None, may_be_asked(sys.stdin)
    if is_asked:
        seconds = await asyncio.to_thread(answer_seconds, sys.stdin.fileno(), sys.stdout.fileno())
    escape = await _tmux_escape() if inside_tmux(environment) else None
    texts = [f"{size[0]}×{size[1]}", f"TERM={environment.get('TERM', '')}", _colour_text(colours)]
    advice = [*_size_advice(size), *_colour_advice(colours, environment)]
    if is_asked and seconds is None:
        advice.append(
            _("The terminal answers no query, so a slow line is not noticed: start with --link slow there.")
        )
    numbers = {"columns": float(size[0]), "rows": float(size[1]), "colours": float(colours)}
    if seconds is not None:
        texts.append(_("answers in {milliseconds} ms").format(milliseconds=round(seconds * 1000)))
        numbers["answer_seconds"] = round(seconds, 4)
    if escape is not None:
        texts.append(f"tmux escape-time {escape} ms")
        if escape > _LONGEST_ESCAPE:
            advice.append(_("Esc acts late: add “set -sg escape-time 10” to ~/.tmux.conf."))
    verdict = Verdict.ATTENTION if advice else Verdict.NORMAL
    return Outcome(verdict, ", ".join(texts), sentences(*advice), numbers=numbers)


def _size() -> tuple[int, int]:
    try:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError):
        return 0, 0
    return columns, rows


def colours_of(environment: Mapping[str, str]) -> int:
    """How many colours the environment promises; 0: none are wanted (NO_COLOR)."""
    if environment.get("NO_COLOR"):
        return 0
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return 1 << 24
    name = environment.get("TERM", "").lower()
    return 256 if "256color" in name or "kitty" in name or "direct" in name else 16


def _colour_text(colours: int) -> str:
    if not colours:
        return _("no colours (NO_COLOR)")
    return _("{count} colours").format(count=f"{colours:,}")


def _size_advice(size: tuple[int, int]) -> list[str]:
    if not all(size):
        return [
            _("The terminal does not say how large it is: run `stty size`, and `resize` where it is 0 0.")
        ]
    if size[0] < COMFORTABLE[0] or size[1] < COMFORTABLE[1]:
        return [_("Enlarge the window to 80×24 or more.")]
    return []


def _colour_advice(colours: int, environment: Mapping[str, str]) -> list[str]:
    if colours != 16 or environment.get("TERM") == "linux":
        return []
    name = "tmux-256color" if inside_tmux(environment) else "xterm-256color"
    return [_("If the terminal has 256 colours, say so: export TERM={name}").format(name=name)]


def may_be_asked(source: TextIO) -> bool:
    """Whether its answer can be read. A process in the background would be stopped by touching the terminal."""
    try:
        return source.isatty() and os.tcgetpgrp(source.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


def answer_seconds(source: int, target: int, limit: float = ANSWER_SECONDS) -> float | None:
    """How long the terminal takes to answer a query; None if it does not within `limit` seconds. Blocks."""
    try:
        before = termios.tcgetattr(source)
    except (OSError, termios.error):
        return None
    answer = None
    try:
        tty.setcbreak(source, termios.TCSANOW)
        answer = _asked(source, target, limit)
    except (OSError, termios.error):
        return None
    finally:
        # What came too late must not be typed into the shell.
        termios.tcsetattr(source, termios.TCSANOW if answer is not None else termios.TCSAFLUSH, before)
    return answer


def _asked(source: int, target: int, limit: float) -> float | None:
    began = time.monotonic()
    os.write(target, _QUERY)
    read = b""
    while (rest := began + limit - time.monotonic()) > 0:
        if not select.select([source], [], [], rest)[0]:
            break
        piece = os.read(source, 256)
        if not piece:
            break
        read += piece
        if b"\x1b[?" in read and read.endswith(_END_OF_ANSWER):
            return time.monotonic() - began
    return None


async def _tmux_escape() -> int | None:
    """tmux's escape-time in milliseconds; None if it does not say."""
    tmux = program("tmux")
    if tmux is None:
        return None
    null = asyncio.subprocess.DEVNULL
    try:
        process = await begin(
            tmux,
            "show-options",
            "-sv",
            "escape-time",
            stdin=null,
            stdout=asyncio.subprocess.PIPE,
            stderr=null,
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(_TMUX_SECONDS):
            output, _errors = await process.communicate()
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            end(process)
    text = output.strip()
    return int(text) if text.isdigit() and len(text) < 7 else None
