"""The journal's entries: who did what, when and from where, hash-chained so that changes are detected."""

import json
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.models.alarms import AlarmState
from services.models.base import Clean, CleanBlock, Model
from services.models.problem import Problem

LATE = "late"
"""In the data of entries that waited for the ledger: they were written after entries that came after them."""
RESTRAINS_CHANGES = "restrains_changes"  # A reserved key in the data of entries; see `EntryKind`


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

    STARTED = "started"  # A console began
    ENDED = "ended"
    SIGN_OFF = "sign-off"
    SKIPPED = "skipped"  # A duty was skipped, with a reason
    PROGRESS = "progress"
    """A person ticked lines of a duty's checklist or entered evidence without signing the duty off; contains what
    changed."""
    PLANNED = "planned"  # A person planned an occurrence that counts only when planned
    UNPLANNED = "unplanned"
    ACKNOWLEDGED = "acknowledged"  # A person acknowledged an alarm's state
    NOTE = "note"
    ARMED = "armed"  # Changes are allowed for a limited time
    DISARMED = "disarmed"  # Changes are no longer allowed
    PLAN = "plan"  # A plan was confirmed; contains the complete plan
    INTENT = "intent"  # A request is about to be sent
    OUTCOME = "outcome"  # Outcome of a request: done, failed, unknown, refused
    RESOLVED = "resolved"  # Resolves an unknown outcome, by reading AWS or by a person's report
    REFUSED = "refused"  # A change was stopped before anything was sent
    WATCHED = "watched"
    """A change that AWS had accepted has come to its end, or its watch gave up; contains what AWS shows."""
    APPROVAL_ASKED = "approval-asked"  # A person asked for a plan's approval; contains the complete plan
    APPROVED = "approved"
    """A second person approved a plan by its hash, or a person recorded an approval obtained elsewhere."""
    DECLINED = "declined"  # A second person declined a plan, with a reason
    EMERGENCY = "emergency"
    """A person overrode a missing approver or a change freeze for one plan, with a reason."""
    LOOKING = "looking"  # A console starts a duty's inspections, so that other consoles do not
    FINDING = "finding"  # An inspection was run and judged; contains the complete finding
    OVERRULED = "overruled"  # A person overrode a finding's verdict, with a reason
    KNOWN = "known"  # A person or a network was added to the allow list
    REMARK = "remark"  # A person's remark on a report
    POST = "post"  # A person released a note to Slack; contains its text
    POSTING = "posting"  # A console is about to send a post
    POSTED = "posted"
    UNPOSTED = "unposted"  # Slack rejected a post, or it is unknown whether Slack accepted it
    INCIDENT_OPENED = "incident-opened"  # A console opened an incident for an alarm or a finding
    INCIDENT_CAPTURING = "incident-capturing"
    """A console begins an incident's first wave, so that other consoles do not."""
    EVIDENCE = "evidence"
    """What a first wave read, compressed; large, so lists and reports leave its body out."""
    INCIDENT_TAKEN = "incident-taken"  # A person responds to an incident from now on
    INCIDENT_STEP = "incident-step"  # A person marked a step of the playbook as done or skipped
    INCIDENT_DECIDED = "incident-decided"  # A person decided on a cause; contains the scores as they stood
    CONTACTED = "contacted"  # A person told somebody about an incident or a finding: whom, when, by what
    HAND_OVER = "hand-over"
    """A person offers an incident, or the day's duty with what is open, to the next person."""
    HAND_OVER_ACCEPTED = "hand-over-accepted"
    INCIDENT_JOINED = "incident-joined"  # A person made an incident part of another
    INCIDENT_TURNED = "incident-turned"
    """The alarm of an open incident changed its state, or the console judged that the system has recovered."""
    INCIDENT_CLOSED = "incident-closed"  # A person closed an incident, with its cause
    FOLLOW_UP = "follow-up"
    """A person left something to be done by a date; it is a dated duty, whose sign-off ends it."""
    OPINION = "opinion"
    """Of earlier versions: AWS's own opinion on an incident, which never counts in the scores."""
    EXPORTED = "exported"
    """A person wrote log texts to a file; contains the file's head: what, from when to when, masked or why not, hash."""
    LOG_MARK = "log-mark"  # A person marked a log line, with a note, or took the mark away
    MOVED = "moved"
    """The journal goes on in another ledger, whose address it contains; nothing follows it here."""
    LISTENING = "listening"
    """Of earlier versions: a console reads the queue of AWS's events from then on, so that others do not."""
    SEEN = "seen"
    """Of earlier versions: an event of AWS that came through that queue; contains its summary, or the count of a burst."""
    USAGE = "usage"  # This console's AWS requests today, and their cost
    OTHER = "other"
    """A kind that this version does not know, or an entry that cannot be read; never written. In a Query: every
    unknown kind."""


LARGE = frozenset({EntryKind.EVIDENCE})
"""Kinds with a large body, which is read by `Journal.entry` alone: lists, projections and reports leave it out."""


class Person(Model):
    """Who acted and from where, as far as this machine can tell."""

    user: Clean = ""
    """OS user; `alice (sudo: bob)` if sudo reports the invoking user."""
    origin: Clean = ""
    """Where the SSH session comes from, or the local terminal."""
    identity: Clean = ""
    """ARN of the STS identity; "" if it is not known yet."""
    host: Clean = ""

    @property
    def name(self) -> str:
        return self.user or "?"

    def name_beside(self, here: str) -> str:
        """`name`, with the host if it is another than `here`; "": the host tells nothing."""
        return f"{self.name}@{self.host}" if here and self.host and self.host != here else self.name


class NewEntry(Model):
    kind: EntryKind
    subject: str = ""
    """Exact id of what it is about: an occurrence's key, `alarm:<name>@<since>`, a change's id; "" if none."""
    target: str = ""
    """Exact id of what it concerns: a resource id, an alarm's name, a duty's id; "" if none."""
    text: Clean
    """One line for people, in the language of the screen it was written on."""
    data: dict[str, Any] = {}  # noqa: RUF012  pydantic copies it
    """Details for programs: JSON values only, no secrets."""
    claim: str = ""
    """At most one entry may have this claim; a second one is refused with a reference to the first. "": no claim."""
    holds: str = ""
    """Hold that the entry takes; refused while another entry has it. Only INTENT takes holds. "": none."""
    releases: str = ""
    """Hold that the entry releases; "": none."""


class Entry(Model):
    seq: int
    """Number of the entry: 1, 2, 3… without gaps."""
    at: datetime
    """When it was recorded (UTC)."""
    kind: EntryKind
    subject: str
    target: str
    text: Clean
    person: Person
    body: str
    """`data` as recorded: canonical JSON. It may contain any text and must not be displayed. "": not read, as in lists
    for the kinds in LARGE, and then everything below is "", too."""
    claim: str = ""
    holds: str = ""
    releases: str = ""
    unknown_kind: str = ""
    """The recorded kind if this version does not know it, else ""; clean it before display."""
    previous: str
    """Hash of the previous entry (hex); 64 zeros for the first."""
    hash: str
    """SHA-256 (hex) over everything above."""

    @property
    def has_body(self) -> bool:
        return self.kind not in LARGE or bool(self.body)

    def without_large_body(self) -> "Entry":
        if self.kind not in LARGE:
            return self
        unread = dict.fromkeys(("body", "claim", "holds", "releases", "previous", "hash"), "")
        return self.model_copy(update=unread)

    @property
    def waits(self) -> bool:
        """Whether it waits for the ledger: it is not in the journal yet, and its number may become another entry's."""
        return not self.hash and self.kind not in LARGE

    @property
    def is_late(self) -> bool:
        """Whether it waited for the ledger, so that what has a lower number may have happened after it."""
        return f'"{LATE}":true' in self.body and self.data.get(LATE) is True

    @property
    def kind_name(self) -> str:
        return self.unknown_kind or self.kind.value

    @property
    def data(self) -> dict[str, Any]:
        """The parsed body; clean its texts before display. {} if the file was edited so that the body is invalid."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


class EntryQuery(Model):
    """A filter for entries; all conditions must match."""

    kinds: frozenset[EntryKind] = frozenset()
    """Entries of these kinds or of `unknown_kinds`; both empty: entries of every kind."""
    unknown_kinds: frozenset[str] = frozenset()
    """Kinds that this version does not know, by their recorded names."""
    person: str = ""
    """Entries of exactly this OS user; "": of every user."""
    target: str = ""
    subject: str = ""
    since: datetime | None = None
    """Earliest time, inclusive (UTC); None: no bound."""
    before: datetime | None = None
    """Latest time, exclusive (UTC); None: no bound."""
    words: str = ""
    """Words that must all occur in text, target, subject or person, ignoring case."""


class JournalPage(Model):
    """A page of entries, newest first."""

    entries: tuple[Entry, ...]
    more: bool
    """Whether there are older matching entries."""


class JournalHealth(Model):
    """Whether the journal can be written; if not, no changes are made."""

    writable: bool
    entries: int = 0
    head: str = ""
    """Hash of the newest entry."""
    problem: Problem | None = None
    """Why it cannot be written, and what to do; None if it can."""
    path: Clean = ""
    anchored_seq: int = 0
    """Number of the newest entry whose checkpoint is stored outside; 0: none."""
    late: int = 0
    """Entries that wait until the ledger can be reached."""
    queues: bool = False
    """It cannot be written because its ledger does not answer: notes, acknowledgements and findings wait meanwhile."""
    anchor_problem: Clean = ""
    """Why the newest checkpoint could not be stored; "" if it could."""


class Acknowledgement(Model):
    """A person's acknowledgement of an alarm's state."""

    by: Clean
    at: datetime
    note: CleanBlock = ""
    seq: int
    """Number of its journal entry."""
    state: AlarmState | None = None
    """The state that was acknowledged; None: not recorded."""
