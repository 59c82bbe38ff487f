from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, Model
from services.models.problem import Problem


class ChainFaultKind(StrEnum):
    """How an entry fails verification."""

    ALTERED = "altered"
    DROPPED = "dropped"  # Missing between two other entries
    SWAPPED = "swapped"  # In the place of another entry
    INSERTED = "inserted"  # Never part of the chain
    CUT_OFF = "cut-off"  # Missing at the end, although a checkpoint of it is stored outside
    REPLACED = "replaced"  # The whole journal was replaced by another


class ChainFault(Model):
    """A place where the journal differs from what was recorded."""

    kind: ChainFaultKind
    seq: int
    """Number of the entry; 0: the whole journal."""
    text: Clean
    """What is wrong, in words."""


class Verification(Model):
    """The result of verifying the chain, as a whole or from the last verified entry on."""

    path: Clean
    journal: Clean = ""
    """The journal's id."""
    entries: int = 0
    head: Clean = ""
    """Hash of the newest entry."""
    faults: tuple[ChainFault, ...] = ()
    """Faults by entry number; only the first ones if there are very many."""
    unlisted: int = 0
    """Number of further faults, which are not listed."""
    anchors: int = 0
    """Number of checkpoints of this journal that were compared."""
    anchored_seq: int = 0
    """Number of the newest entry with a checkpoint; truncation after it is not detectable. 0: none."""
    anchor_note: Clean = ""
    """Which external log could not be compared, and why; "" if all could."""
    distrusted: tuple[Clean, ...] = ()
    """Log lines that contradict the journal but are not credible, and why."""
    doubts: tuple[Clean, ...] = ()
    """Contradicting log lines that can be neither confirmed nor refuted; a person must check them."""
    verified_before: int = 0
    """Number of the last entry that an earlier verification covers, so that only later ones were read; 0: all
    were. Of the earlier ones, their number and those with external hashes were checked. The file itself says
    what it was verified up to, so whoever alters the file can alter that, too."""
    verified_at: datetime | None = None
    """When that was verified (UTC)."""
    problem: Problem | None = None
    """Why the journal could not be verified; None if it could."""

    @property
    def intact(self) -> bool:
        return self.problem is None and not self.faults and not self.doubts
