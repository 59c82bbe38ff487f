import os
import re
import sys
from collections.abc import MutableMapping

from services.i18n import _

_TEXTUAL_KEPT = frozenset({"TEXTUAL_COLOR_SYSTEM", "TEXTUAL_DISABLE_KITTY_KEY", "TEXTUAL_SMOOTH_SCROLL"})
"""Settings of Textual that only describe the terminal."""
FEWEST = (40, 12)  # Columns and rows of a window in which the alarms can still be read
_SIZES = ("COLUMNS", "LINES")
_SIZE = re.compile(r"[1-9][0-9]{0,3}")
_LOCALE_NAMES = ("LC_ALL", "LC_CTYPE", "LANG")
_COERCED = frozenset({"C.UTF-8", "C.utf8", "UTF-8"})
"""Values that Python itself sets in LC_CTYPE where it does not know the locale of LANG (PEP 538)."""


def check_terminal() -> str | None:
    """Why this terminal cannot show the console, with a remedy; None if it can."""
    if sys.stdin is None or sys.stdout is None or not sys.stdout.isatty():
        return _(
            "Toban needs a terminal: standard output is redirected. Run it without a pipe or redirection. "
            "Scripts use `toban alarms` or `toban inspect`."
        )
    if os.environ.get("TERM", "") in ("", "dumb", "unknown"):
        return _(
            "Toban needs a terminal that can move its cursor, and TERM={term} says this one cannot. "
            "Set it, for example: export TERM=xterm-256color"
        ).format(term=ascii(os.environ.get("TERM", "")))
    if (encoding := foreign_encoding()) is not None:
        # Not translated: it must be readable in the encoding that it complains about.
        return (
            f"Toban needs a UTF-8 terminal, and this one is set to {encoding!a}. "
            "Set the terminal and the locale to UTF-8, for example: export LC_ALL=C.UTF-8"
        )
    return _too_small()


def _too_small() -> str | None:
    try:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError):
        return None
    if not columns or not rows or (columns >= FEWEST[0] and rows >= FEWEST[1]):
        return None
    text = _(
        "This window has {columns}×{rows} characters; Toban needs {fewest}, better 80×24. Enlarge it and "
        "start again, or run `toban alarms`, which needs no screen."
    )
    return text.format(columns=columns, rows=rows, fewest="×".join(map(str, FEWEST)))


def foreign_encoding() -> str | None:
    """The name of the encoding if it is not UTF-8: the locale's, or Python's for the terminal."""
    named = [(each, os.environ[each]) for each in _LOCALE_NAMES if os.environ.get(each)]
    name = next((value for each, value in named if each != "LC_CTYPE" or value not in _COERCED), "")
    codeset = name.partition(".")[2].partition("@")[0]
    if codeset and not _is_utf8(codeset):
        return codeset
    encoding = sys.stdout.encoding or ""
    return None if _is_utf8(encoding) else encoding


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("-", "").replace("_", "") == "utf8"


def forget_textual_settings(environ: MutableMapping[str, str] | None = None) -> None:
    """Remove variables with which the environment could press keys, load classes or write logs through
    Textual. Also those that make its start fail. To be called before Textual is imported."""
    environ = os.environ if environ is None else environ
    for name in [*environ]:
        if (name.startswith("TEXTUAL_") or name == "TEXTUAL") and name not in _TEXTUAL_KEPT:
            del environ[name]
    for name in _SIZES:
        # Rich accepts `²` as a number, and then fails on it.
        if name in environ and _SIZE.fullmatch(environ[name]) is None:
            del environ[name]
