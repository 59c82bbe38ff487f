import asyncio
import platform
import re
import sqlite3
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services import i18n
from services.i18n import _
from services.models.verdict import Verdict
from tui.cli.doctor.examination import CheckOutcome, Examination, Skipped
from tui.terminal.checks import foreign_encoding
from widgets.drawing.format import stamp

_PYTHONS = ((3, 11), (3, 12), (3, 13))  # Versions that the tests run with
_SHOWN = ("textual", "aiobotocore", "botocore")
_PIN = re.compile(r"([A-Za-z0-9_.-]+)==([A-Za-z0-9_.]+)")
_LOCALES = ("LC_ALL", "LC_MESSAGES", "LC_CTYPE", "LANG")


async def language(subject: Examination) -> CheckOutcome:
    names = [f"{name}={value}" for name in _LOCALES if (value := subject.environment.get(name))]
    chosen = {"ja": _("Japanese"), "en": _("English")}[i18n.language()]
    text = _(", ").join([chosen, *(names or [_("no locale is set")])])
    encoding = foreign_encoding() if sys.stdout is not None and sys.stdout.isatty() else None
    if encoding is not None:
        return CheckOutcome(
            Verdict.ABNORMAL,
            _("{text}; the encoding is {encoding}, not UTF-8", text=text, encoding=encoding),
            _("Set the terminal and the locale to UTF-8, for example: export LC_ALL=C.UTF-8"),
        )
    return CheckOutcome(Verdict.NORMAL, f"{text}, UTF-8")


async def versions(_subject: Examination) -> CheckOutcome:
    """Python and the libraries; some are used by their internals and must be exactly what the project names."""
    parts = [
        f"Toban {version('toban')}",
        f"Python {platform.python_version()}",
        *(f"{name} {_version(name)}" for name in _SHOWN),
        f"SQLite {sqlite3.sqlite_version}",
    ]
    wrong = [
        _("{name} is {actual}; Toban needs {needed}", name=name, actual=_version(name), needed=needed)
        for name, needed in _pins()
        if _version(name) != needed
    ]
    if wrong:
        return CheckOutcome(
            Verdict.ABNORMAL,
            _(", ").join(parts),
            _("Install Toban again, with its locked versions."),
            tuple(wrong),
        )
    if sys.version_info[:2] not in _PYTHONS:
        return CheckOutcome(
            Verdict.ATTENTION, _(", ").join(parts), _("Toban is tested with Python 3.11, 3.12 and 3.13.")
        )
    return CheckOutcome(Verdict.NORMAL, _(", ").join(parts))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return _("not installed")


def _pins() -> list[tuple[str, str]]:
    matches = (_PIN.fullmatch(each.strip()) for each in requires("toban") or ())
    return [(match[1], match[2]) for match in matches if match]


async def time_zone(subject: Examination) -> CheckOutcome:
    try:
        name = str(subject.runbook.system.timezone)
    except Skipped:
        # Without its data no runbook of that zone can be used: that is worth knowing then, too.
        name = "Asia/Tokyo"
    try:
        zone = await asyncio.to_thread(ZoneInfo, name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return CheckOutcome(
            Verdict.ABNORMAL,
            _("There is no data for the time zone {name}.", name=name),
            _("Install the package tzdata of the system, or the one of Python: pip install tzdata"),
        )
    return CheckOutcome(Verdict.NORMAL, f"{name}, {stamp(subject.clock.now(), zone)}")
