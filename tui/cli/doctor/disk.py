import asyncio
import os
from pathlib import Path

from services.host.state_files import state_folder
from services.i18n import _
from services.models.amounts import size_words
from services.models.text import clean
from services.models.verdict import Verdict
from tui.cli.doctor.examination import CheckOutcome, Examination

LEAST_FREE = 200 << 20  # Bytes below which a disk needs attention: a year of a busy journal
NEARLY_FULL = 10 << 20


async def state_folder_usable(_subject: Examination) -> CheckOutcome:
    """Journals, exports, screenshots and the debug log are there, unless configured elsewhere."""
    return await asyncio.to_thread(room, state_folder())


def room(folder: Path) -> CheckOutcome:
    """Judge the disk of a folder, which need not exist yet. Blocks."""
    existing = nearest(folder)
    name = clean(folder)
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)):
        return CheckOutcome(
            Verdict.ABNORMAL,
            _("{path} cannot be written by this user.", path=name),
            _("Grant this user write access to {path}.", path=clean(existing)),
        )
    free = free_bytes(existing)
    text = _("{path}: {size} free", path=name, size=size_words(free))
    return CheckOutcome(*_judged(free, text), numbers={"free_bytes": float(free)})


def _judged(free: int, text: str) -> tuple[Verdict, str, str]:
    if free >= LEAST_FREE:
        return Verdict.NORMAL, text, ""
    verdict = Verdict.ABNORMAL if free < NEARLY_FULL else Verdict.ATTENTION
    return verdict, text, _("Free up space on this disk: without room no entry can be written.")


def nearest(folder: Path) -> Path:
    return next((each for each in (folder, *folder.parents) if each.exists()), Path("/"))


def free_bytes(folder: Path) -> int:
    """Bytes that this user may still write to the disk of an existing folder. Raises OSError."""
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize
