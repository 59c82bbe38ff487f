import sys
from importlib.util import find_spec
from pathlib import Path

from services.i18n import _
from services.models.text import clean
from services.models.verdict import Verdict
from tui.cli.doctor.examination import CheckOutcome, Examination, Skipped
from tui.cli.version import version_text

EXTRAS = {"demo": "moto", "postgresql": "asyncpg", "mcp": "mcp"}
"""The optional parts, each with a module that is there only with it."""
_PACKAGES = Path(__file__).parents[3]  # The folder of `tui`
_BUNDLE = "toban-bundle.json"  # In the folder that an offline bundle installed into


async def installation(subject: Examination) -> CheckOutcome:
    """Version, commit, folder and optional parts; a missing part is abnormal only where the configuration needs it."""
    missing = [name for name, module in EXTRAS.items() if find_spec(module) is None]
    present = [name for name in EXTRAS if name not in missing]
    parts = [version_text(), way(), clean(_PACKAGES)]
    if present:
        parts.append(_("with {names}", names=_(", ").join(present)))
    if missing:
        parts.append(_("without {names}", names=_(", ").join(missing)))
    text = "; ".join(parts)
    if "postgresql" in missing and _is_in_postgresql(subject):
        remedy = _("The journal is in PostgreSQL: install toban[postgresql] in place of toban.")
        return CheckOutcome(Verdict.ABNORMAL, text, remedy)
    return CheckOutcome(Verdict.NORMAL, text)


def way(packages: Path = _PACKAGES, prefix: str = sys.prefix) -> str:
    parts = Path(prefix).parts
    if (packages / "pyproject.toml").exists():
        return _("a checkout")
    if any((folder / _BUNDLE).exists() for folder in (Path(prefix), Path(prefix).parent)):
        return _("an offline bundle")
    if "pipx" in parts:
        return "pipx"
    if "uv" in parts and "tools" in parts:
        return "uv tool"
    return "pip"


def _is_in_postgresql(subject: Examination) -> bool:
    try:
        config = subject.config
    except Skipped:
        return False
    journals = [config.journal, *(system.journal for system in config.systems)]
    return any((journal or "").startswith("postgresql:") for journal in journals)
