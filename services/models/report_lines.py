"""The lines of reports: one duty, look, alarm, change, note, post, remark each."""

from datetime import date, datetime

from services.models.base import Clean, CleanBlock, Model
from services.models.changes import Row, StepState
from services.models.duties import OccurrenceState, SignOff
from services.models.findings import Finding, Overrule
from services.models.posts import PostState
from services.models.verdict import Verdict

DAILY_YEN = 20.0
"""What a business day of this console may cost in AWS charges, without Logs Insights."""


class Decision(Model):
    """What a signature says of one finding."""

    seq: int
    """The finding's journal entry; 0 where the signature does not name it."""
    inspection: Clean
    """The inspection's id."""
    title: Clean = ""
    """What it is called."""
    verdict: Verdict
    """The finding's own verdict."""
    overruled: bool
    """The person judged it otherwise; else it was accepted."""
    reason: Clean = ""
    """Why it was overruled."""


class Written(Model):
    """Something a person wrote down when signing."""

    id: Clean
    """The evidence field's id in the runbook."""
    title: Clean
    """What was asked."""
    text: CleanBlock
    """The answer."""


class DutyLine(Model):
    """One duty on one date and time."""

    key: Clean
    """The slot's key, stable for good."""
    duty: Clean
    """The duty's id in the runbook; "" for the way back of a change."""
    title: Clean
    """What it is called."""
    section: Clean = ""
    """The runbook's section."""
    state: OccurrenceState
    """As it stood at the report's `as_of`."""
    day: date
    """When it is held."""
    until: date
    """The last day it may be held on; `day` unless the runbook says "within the month"."""
    due_at: datetime
    """When it was due; the beginning of `day` where it has no time."""
    late_at: datetime
    """Late from then on."""
    timed: bool
    """It has a time of day."""
    remark: Clean = ""
    """Why it is not where its rule put it, or what its date comes from."""
    signed: SignOff | None = None
    """Who signed it or left it out by `as_of`, when, and what it was then (in time, late, missed)."""
    signed_after: SignOff | None = None
    """Who signed it after `as_of`; the state does not count it."""
    decisions: tuple[Decision, ...] = ()
    """What the signature says of the findings, one by one."""
    checked: tuple[Clean, ...] = ()
    """The lines of its checklist that were ticked."""
    unchecked: tuple[Clean, ...] = ()
    """Those that were not."""
    written: tuple[Written, ...] = ()
    """The evidence written down."""
    not_looked: tuple[Clean, ...] = ()
    """Titles of inspections the runbook names for it that had no finding, though it was signed."""


class FindingLine(Model):
    """One look and its verdict."""

    seq: int
    """The journal entry."""
    at: datetime
    """When it was recorded."""
    by: Clean
    """On whose console it was made."""
    key: Clean
    """The slot's key; `hand@…` for a look that belongs to no duty."""
    duty: Clean = ""
    """The duty's title; "" for a look by hand."""
    inspection: Clean
    """The inspection's id."""
    title: Clean
    """The inspection's title."""
    verdict: Verdict
    """What the console judged."""
    measured: Verdict | None = None
    """The worst of what was measured, whatever else could not be judged; None where the finding cannot be read."""
    unjudged: int = 0
    """Measures that could not be judged."""
    summary: Clean
    """One line in words."""
    superseded: bool = False
    """The same look was made again for the same duty, and the later one counts."""
    overruled: Overrule | None = None
    """Who judged it otherwise, when and why."""
    finding: Finding | None = None
    """The whole of it where it is not normal, and for costs always; None else. Texts of logs only on request."""
    withheld: int = 0
    """Rows of evidence that hold texts of logs and are left out."""


class AcknowledgementLine(Model):
    """A person has seen an alarm's state."""

    seq: int
    """The journal entry."""
    at: datetime
    """When."""
    by: Clean
    """Who."""
    alarm: Clean
    """Which alarm."""
    state: Clean = ""
    """Which state was seen: `alarm`, `ok`, `insufficient`, `missing`."""
    note: CleanBlock = ""
    """What the person said."""


class SpellLine(Model):
    """A time in which an alarm was not OK, put together from all looks that saw it."""

    alarm: Clean
    """Its name."""
    title: Clean = ""
    """What the runbook calls it."""
    state: Clean
    """`alarm` or `insufficient`."""
    began: datetime | None
    """None: before the first look's window."""
    ended: datetime | None
    """None: it still lasted at the last look that saw it."""
    since: datetime
    """When it began, or the earliest moment at which it is known to have lasted."""
    last_seen: datetime
    """When it ended, or the latest moment at which it is known to have lasted."""
    seconds: float
    """From `since` to `last_seen`."""
    at_least: bool
    """Its beginning or its end is not known."""
    reason: Clean = ""
    """AWS's words."""
    seen_later: bool = False
    """Only looks made after the report's span saw it."""
    acknowledged: tuple[AcknowledgementLine, ...] = ()
    """Who has seen it."""


class StepLine(Model):
    """One request of a change."""

    title: Clean
    """What it does."""
    rows: tuple[Row, ...]
    """Values before and after."""
    state: StepState
    """What became of it."""
    at: datetime | None = None
    """When the state came."""
    text: Clean = ""
    """What happened, in words."""
    verified: bool | None = None
    """AWS, read again, shows it; None: not looked."""


class ChangeLine(Model):
    """A change that somebody confirmed or tried."""

    id: Clean
    """The plan's id."""
    kind: Clean
    """The change's id."""
    title: Clean
    """What it is."""
    target: Clean
    """What it changes."""
    by: Clean
    """Who confirmed it."""
    at: datetime
    """When."""
    approval: Clean = ""
    """The role that must have approved; "": nobody."""
    state: StepState
    """What became of the whole."""
    steps: tuple[StepLine, ...] = ()
    """Its requests, in order."""
    refusal: Clean = ""
    """Why it was stopped before anything was sent."""
    revert_at: datetime | None = None
    """When it is taken back."""
    revert: Clean = ""
    """How it is taken back."""


class NoteLine(Model):
    """Something else that was recorded."""

    seq: int
    """The journal entry."""
    at: datetime
    """When."""
    by: Clean
    """Who."""
    kind: Clean
    """The entry's kind: `note`, `known`, `armed`, `disarmed`, `planned`, `unplanned`, a change's where its plan cannot
    be read, one that this version does not know by its own name, or `other` for an entry that cannot be read."""
    text: CleanBlock
    """The words."""
    about: Clean = ""
    """The resource, alarm or duty it concerns."""


class PostLine(Model):
    """A note for Slack."""

    id: Clean
    """The post's subject in the journal."""
    at: datetime
    """When a person let it go."""
    by: Clean
    """Who."""
    channel: Clean
    """Where to."""
    text: CleanBlock
    """What it says."""
    about: Clean = ""
    """The alarm or inspection it is about."""
    state: PostState
    """How it stood then."""
    changed_at: datetime
    """When that state came."""
    why: Clean = ""
    """Why it is not in Slack, or why nobody knows."""


class Charges(Model):
    """What the consoles asked of AWS, and what AWS charges for it."""

    calls: int = 0
    """Requests."""
    yen: float = 0.0
    """What they certainly cost."""
    worst_yen: float = 0.0
    """With CloudWatch's free tier used up by others."""
    consoles: int = 0
    """Processes that told of it."""
    days: int = 0
    """Days with requests."""
    allowed_yen: float = DAILY_YEN
    """What one day may cost."""
    dearest_day: date | None = None
    """The day that cost most."""
    dearest_yen: float = 0.0
    """What it cost."""


class RemarkLine(Model):
    """A person's words for a report."""

    seq: int
    """The journal entry."""
    at: datetime
    """When."""
    by: Clean
    """Who."""
    subject: Clean
    """`report@2026-01-05`, `report@2026-01`, `report@FY2025`: which report it is for."""
    text: CleanBlock
    """The words."""
