"""What a first start lacks, each with the next command to type; standard library only. The demo may not be
installed, and the locale's language may not be the reader's."""

import json
import os
import shlex
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from services import i18n
from services.i18n import _
from tui.exit_status import ExitStatus
from tui.startup import early_flags

OTHER_LANGUAGE = "English: --lang en or TOBAN_LANG=en"
"""For a reader to whom the locale says nothing, so that the screen is Japanese."""
_DEMO_NEEDS = ("moto", "lark", "flask", "flask_cors", "werkzeug")
_ROOT = Path(__file__).parents[2]
_ERRORS = frozenset(
    [ExitStatus.USAGE, ExitStatus.DATA, ExitStatus.UNAVAILABLE, ExitStatus.CANNOT_WRITE, ExitStatus.CONFIG]
)


def language_hint(argv: Sequence[str], status: object) -> str:
    """How to get the other language, below the error of a command; "" if the reader has chosen one. A status
    that a finding may have, too, gets the hint on a terminal only: scripts read those."""
    unknown = status == ExitStatus.UNKNOWN and sys.stderr is not None and sys.stderr.isatty()
    if (status not in _ERRORS and not unknown) or i18n.language() == "en":
        return ""
    return "" if early_flags.chosen_language(argv) or i18n.of_locale() else OTHER_LANGUAGE


def demo_refusal() -> str | None:
    """Why the demo cannot start from this installation, with the command that adds what is missing; None if it can."""
    if all(map(find_spec, _DEMO_NEEDS)):
        return None
    text = _("The embedded AWS of `toban demo` is not installed. To install it: {command}")
    return text.format(command=install_command("demo"))


def install_command(extra: str) -> str:
    if (_ROOT / "Makefile").is_file() and (_ROOT / "pyproject.toml").is_file():
        if extra == "demo":
            return f"make -C {shlex.quote(str(_ROOT))} demo"
        return f"{shlex.quote(sys.executable)} -m pip install -e {shlex.quote(f'{_ROOT}[{extra}]')}"
    requirement = shlex.quote(f"toban[{extra}]{_source()}")
    parts = Path(sys.prefix).parts
    if "pipx" in parts:
        return f"pipx install --force {requirement}"
    if "uv" in parts and "tools" in parts:
        return f"uv tool install --force {requirement}"
    own = os.environ.get("VIRTUAL_ENV") == sys.prefix
    return f"{'pip' if own else f'{shlex.quote(sys.executable)} -m pip'} install {requirement}"


def _source() -> str:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        record = json.loads(distribution("toban").read_text("direct_url.json") or "{}")
        url, system = str(record.get("url", "")), record.get("vcs_info", {}).get("vcs", "")
    except (PackageNotFoundError, ValueError, AttributeError):
        return ""
    return f" @ {system}+{url}" if url and system else f" @ {url}" if url else ""
