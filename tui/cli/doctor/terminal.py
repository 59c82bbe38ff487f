import asyncio
import os
import sys
from collections.abc import Mapping

from services.host.programs import begin, end, program
from services.i18n import _, sentences
from services.models.verdict import Verdict
from tui.cli.doctor.examination import CheckOutcome, Examination, Skipped
from tui.cli.doctor.terminal_queries import SAMPLES, answer_seconds, may_be_asked, widths
from tui.terminal.checks import check_terminal, foreign_encoding
from tui.terminal.passthrough import inside_tmux

COMFORTABLE = (80, 24)  # Columns and rows for which the screens are made
_TMUX_SECONDS = 2.0
_LONGEST_ESCAPE = 100  # Milliseconds that tmux may wait after Escape; its default was 500 before version 3.5


async def terminal(subject: Examination) -> CheckOutcome:
    if sys.stdin is None or sys.stdout is None or not sys.stdout.isatty():
        raise Skipped(_("standard output is not a terminal"))
    if foreign_encoding() is None and (refusal := check_terminal()):
        return CheckOutcome(Verdict.ABNORMAL, refusal)
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
        texts.append(_("answers in {milliseconds} ms", milliseconds=round(seconds * 1000)))
        numbers["answer_seconds"] = round(seconds, 4)
        drawn = await asyncio.to_thread(widths, sys.stdin.fileno(), sys.stdout.fileno())
        texts += [f"{sample} {cells}" for sample, cells in drawn.items()]
        numbers |= {f"cells {sample}": float(cells) for sample, cells in drawn.items()}
        advice += _width_advice(drawn)
    if escape is not None:
        texts.append(f"tmux escape-time {escape} ms")
        if escape > _LONGEST_ESCAPE:
            advice.append(_("Esc acts late: add “set -sg escape-time 10” to ~/.tmux.conf."))
    verdict = Verdict.ATTENTION if advice else Verdict.NORMAL
    return CheckOutcome(verdict, _(", ").join(texts), sentences(*advice), numbers=numbers)


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
    return _("{count} colours", count=f"{colours:,}")


def _size_advice(size: tuple[int, int]) -> list[str]:
    if not all(size):
        return [
            _("The terminal does not say how large it is: run `stty size`, and `resize` where it is 0 0.")
        ]
    if size[0] < COMFORTABLE[0] or size[1] < COMFORTABLE[1]:
        return [_("Enlarge the window to 80×24 or more.")]
    return []


def _width_advice(drawn: Mapping[str, int]) -> list[str]:
    if all(drawn[sample] == SAMPLES[sample] for sample in drawn):
        return []
    return [
        _(
            "Columns may not line up: in the terminal's settings, choose a font with Japanese, and narrow for characters of "
            "ambiguous width."
        )
    ]


def _colour_advice(colours: int, environment: Mapping[str, str]) -> list[str]:
    if colours != 16 or environment.get("TERM") == "linux":
        return []
    name = "tmux-256color" if inside_tmux(environment) else "xterm-256color"
    return [_("If the terminal has 256 colours, say so: export TERM={name}", name=name)]


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
