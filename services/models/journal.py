"""The journal's entries: who did what, when and from where, hash-chained so that changes are detected."""

import json
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.models.alarms import AlarmState
from services.models.base import Clean, CleanBlock, Model
from services.models.problem import Problem

RESTRAINS_CHANGES = "restrains_changes"
"""A reserved key in the data of entries; see `EntryKind`."""


class EntryKind(StrEnum):
    """What an entry records.

    Consoles of several versions may write one journal, so a version meets kinds that came after it. It reads them as
    OTHER, with their name in `Entry.unknown_kind`, and shows, counts, verifies and exports them like all others.

    A kind of a later version may be a hold, a claim or an approval, which a version that does not know it cannot
    judge. Therefore every entry of a kind added after version 0.1 has RESTRAINS_CHANGES in its data: `false` where
    no change depends on it, else the first version that can judge it, e.g. `"0.2"`. A version that does not know
    the kind makes no changes on that journal unless it finds `false` there (`services.changes.restraints`). What
    restrains changes is always a kind of its own, never an addition to an older kind.
    """

    STARTED = "started"
    """A console began."""
    ENDED = "ended"
    SIGN_OFF = "sign-off"
    SKIPPED = "skipped"
    """A duty left out, with a reason."""
    PLANNED = "planned"
    """A duty that only counts when planned, is."""
    UNPLANNED = "unplanned"
    ACKNOWLEDGED = "acknowledged"
    """An alarm's state change was seen by a person."""
    NOTE = "note"
    ARMED = "armed"
    DISARMED = "disarmed"
    PLAN = "plan"
    """A plan was confirmed; holds the plan whole."""
    INTENT = "intent"
    """A request is about to be sent."""
    OUTCOME = "outcome"
    """What became of it: done, failed, unknown, refused."""
    RESOLVED = "resolved"
    """What became of an unknown one, found by reading AWS or said by a person."""
    REFUSED = "refused"
    """A change was stopped before anything was sent."""
    LOOKING = "looking"
    """A console starts a duty's inspections, so that other consoles do not."""
    FINDING = "finding"
    """An inspection was run and judged; contains the complete finding."""
    OVERRULED = "overruled"
    """A person judged a finding otherwise, with a reason."""
    KNOWN = "known"
    """A person or a network is on the known list from now on."""
    REMARK = "remark"
    """A person's words for the day's report."""
    POST = "post"
    """A person released a note to Slack; contains its text."""
    POSTING = "posting"
    """A console is about to send it."""
    POSTED = "posted"
    UNPOSTED = "unposted"
    """Slack rejected it, or it is unknown whether Slack accepted it."""
    USAGE = "usage"
    """This console's AWS requests today, and their cost."""
    OTHER = "other"
    """A kind that this version does not know, or an entry that cannot be read; never written. In a Query: every
    unknown kind."""


class Person(Model):
    """Who acted and from where, as far as the machine knows."""

    user: Clean = ""
    """OS user; `alice (sudo: bob)` if sudo reports the invoking user."""
    origin: Clean = ""
    """Where the SSH session comes from, or the local terminal."""
    identity: Clean = ""
    """The STS identity's ARN; "" before it is known."""
    host: Clean = ""

    @property
    def name(self) -> str:
        """As screens show people: the OS user."""
        return self.user or "?"


class NewEntry(Model):
    """What is to be recorded; the journal adds number, time, person and hash."""

    kind: EntryKind
    subject: str = ""
    """What it is about, exactly: an occurrence's key, `alarm:<name>@<since>`, a change's id."""
    target: str = ""
    """The thing it concerns, exactly: a resource id, an alarm's name, a duty's id."""
    text: Clean
    """One line for people, in the language of the screen it was written on."""
    data: dict[str, Any] = {}  # noqa: RUF012  pydantic copies it
    """More for machines; JSON values only, no secrets."""
    claim: str = ""
    """At most one entry may have this claim; a second one is refused with a reference to the first. "": no claim."""
    holds: str = ""
    """Appending takes this hold; refused while another entry holds it. Only INTENT takes holds."""
    releases: str = ""
    """Appending releases this hold."""


class Entry(Model):
    """One line of the journal."""

    seq: int
    """1, 2, 3 … without a gap."""
    at: datetime
    """UTC."""
    kind: EntryKind
    subject: str
    target: str
    text: Clean
    person: Person
    body: str
    """`data` as it was written: canonical JSON. For machines; may hold any text, so never for the screen."""
    claim: str = ""
    holds: str = ""
    releases: str = ""
    unknown_kind: str = ""
    """The kind's name in the file if this version does not know it; clean it before display."""
    previous: str
    """Hash of the entry before (hex); 64 zeros for the first."""
    hash: str
    """SHA-256 (hex) over everything above."""

    @property
    def kind_name(self) -> str:
        """The kind's name in the file; clean it before display."""
        return self.unknown_kind or self.kind.value

    @property
    def data(self) -> dict[str, Any]:
        """The parsed body; clean texts before display. {} if the file was edited and the body is invalid."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


class EntryQuery(Model):
    """A filter for entries; all conditions must match."""

    kinds: frozenset[EntryKind] = frozenset()
    """These, or one of `unknown_kinds`; both empty: every kind."""
    unknown_kinds: frozenset[str] = frozenset()
    """Kinds that this version does not know, by the names in the file."""
    person: str = ""
    """Exactly this OS user."""
    target: str = ""
    subject: str = ""
    since: datetime | None = None
    """Inclusive."""
    before: datetime | None = None
    """Exclusive."""
    words: str = ""
    """All of these words occur in text, target, subject or person, in any case."""


class JournalPage(Model):
    """A page of entries, newest first."""

    entries: tuple[Entry, ...]
    more: bool
    """There are older ones."""


class ChainFaultKind(StrEnum):
    """How an entry fails the check."""

    ALTERED = "altered"
    DROPPED = "dropped"
    """Missing between two others."""
    SWAPPED = "swapped"
    """In the place of another entry."""
    INSERTED = "inserted"
    """Never part of the chain."""
    CUT_OFF = "cut-off"
    """Missing at the end: its hash is stored outside."""
    REPLACED = "replaced"
    """The whole journal was replaced by another one."""


class ChainFault(Model):
    """One place where the journal differs from what was written."""

    kind: ChainFaultKind
    seq: int
    """The entry's number; 0: the whole journal."""
    text: Clean
    """What is wrong, in words."""


class Verification(Model):
    """The result of verifying the whole chain."""

    path: Clean
    journal: Clean = ""
    """The journal's id."""
    entries: int = 0
    head: Clean = ""
    """Hash of the newest entry."""
    faults: tuple[ChainFault, ...] = ()
    """By number; the first ones where there are very many."""
    unlisted: int = 0
    """Faults beyond those listed."""
    anchors: int = 0
    """Number of hashes of this journal stored outside that were compared."""
    anchored_seq: int = 0
    """The newest of these entries; later ones could be cut off undetected."""
    anchor_note: Clean = ""
    """Which external log could not be compared, and why."""
    distrusted: tuple[Clean, ...] = ()
    """Log lines that contradict the journal but are not credible, and why."""
    doubts: tuple[Clean, ...] = ()
    """Contradicting log lines that can be neither confirmed nor refuted; a person has to check them."""
    problem: Problem | None = None
    """Why the check could not be made."""

    @property
    def intact(self) -> bool:
        """It was verified, without faults or doubts."""
        return self.problem is None and not self.faults and not self.doubts


class JournalHealth(Model):
    """Whether the journal can be written; without it, no changes are made."""

    writable: bool
    entries: int = 0
    head: str = ""
    """Hash of the newest entry."""
    problem: Problem | None = None
    """Why it cannot be written, and what to do."""
    path: Clean = ""
    anchored_seq: int = 0
    """The newest entry whose hash is stored outside; 0: none."""
    anchor_problem: Clean = ""
    """Why the head could not be stored outside."""


class Acknowledgement(Model):
    """A person has seen an alarm's state change."""

    by: Clean
    at: datetime
    note: CleanBlock = ""
    seq: int
    state: AlarmState | None = None
    """The state that was acknowledged."""
