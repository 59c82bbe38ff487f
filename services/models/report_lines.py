from datetime import date, datetime

from services.models.base import Clean, CleanBlock, Model, RawId
from services.models.change_runs import StepState
from services.models.duties import OccurrenceState, ProgressNote, SignOff, TickedLine
from services.models.findings import Finding, Overrule
from services.models.posts import PostState
from services.models.report_approvals import ApprovalLine, EndLine, StepLine
from services.models.verdict import Verdict

DAILY_YEN = 20.0  # AWS charges that the console may cause per business day, in yen, without Logs Insights


class Decision(Model):
    """A person's decision on one finding, made when signing off a duty."""

    seq: int
    """Number of the finding's journal entry; 0 if the sign-off does not name it."""
    inspection: Clean
    """The inspection's id."""
    title: Clean = ""
    """The inspection's title."""
    verdict: Verdict
    """The verdict of the finding itself."""
    overruled: bool
    """True: the person overrode the verdict; False: accepted it."""
    reason: Clean = ""
    """Why it was overridden; "" if it was accepted."""


class Written(Model):
    """The value of an evidence field, recorded when signing off a duty."""

    id: Clean
    """The evidence field's id in the runbook."""
    title: Clean
    """The field's label."""
    text: CleanBlock
    """The value as entered."""


class DutyLine(Model):
    """One occurrence of a duty."""

    key: Clean
    """The occurrence's permanent key: `<duty>@2026-01-05T09:00`, or `revert@<change id>`."""
    duty: Clean
    """The duty's id in the runbook; "" for the revert of a change."""
    title: Clean
    """The duty's title."""
    section: Clean = ""
    """Section of the written runbook; "" if not given."""
    state: OccurrenceState
    """State at the report's `as_of`."""
    day: date
    """The first day on which it may be done."""
    until: date
    """The last day on which it may be done; `day` unless the runbook allows the whole month."""
    due_at: datetime
    """When it is due; the start of `day` if it has no time of day."""
    late_at: datetime
    """When it becomes late."""
    timed: bool
    """Whether it has a time of day."""
    remark: Clean = ""
    """Why it is not on its rule's date, or how its date was derived; "" otherwise."""
    signed: SignOff | None = None
    """Sign-off or skip made by the report's `as_of`, with the state it then had; None: there is none."""
    signed_after: SignOff | None = None
    """Sign-off made after the report's `as_of`, which `state` does not count; None: there is none."""
    decisions: tuple[Decision, ...] = ()
    """Decisions on its findings, made when signing off."""
    checked: tuple[Clean, ...] = ()
    """Checklist lines that were ticked."""
    unchecked: tuple[Clean, ...] = ()
    """Checklist lines that were not ticked."""
    underway: bool = False
    """Whether a person has begun it and nobody has signed it off: `unchecked` is still to be done."""
    ticked: tuple[TickedLine, ...] = ()
    """Lines that were ticked before the sign-off, with who ticked them and when."""
    progress_notes: tuple[ProgressNote, ...] = ()
    """What was written about the progress before the sign-off."""
    written: tuple[Written, ...] = ()
    """Values of its evidence fields."""
    not_looked: tuple[Clean, ...] = ()
    """Titles of its inspections without a finding, although it was signed off."""


class FindingLine(Model):
    """One finding and its verdict."""

    seq: int
    """Number of its journal entry."""
    at: datetime
    """When it was recorded."""
    by: Clean
    """The user whose console ran the inspection."""
    key: Clean
    """Key of the occurrence it was made for; `hand@…` if the inspection was run on demand."""
    duty: Clean = ""
    """The duty's title; "" if the inspection was run on demand."""
    inspection: Clean
    """The inspection's id."""
    title: Clean
    """The inspection's title."""
    verdict: Verdict
    """The verdict of the inspection, before any override."""
    measured: Verdict | None = None
    """The worst verdict of the values that could be judged; None if the recorded finding is unreadable."""
    unjudged: int = 0
    """Number of measures that could not be judged."""
    summary: Clean
    """One line in words."""
    superseded: bool = False
    """A later finding of this inspection for the same occurrence counts instead."""
    overruled: Overrule | None = None
    """A person's override; None: there is none."""
    finding: Finding | None = None
    """The complete finding if it is not normal or is about costs, and counts; else None. Log texts only on request."""
    withheld: int = 0
    """Number of evidence rows omitted because they contain log texts."""


class AcknowledgementLine(Model):
    """A person's acknowledgement of an alarm's state."""

    seq: int
    """Number of its journal entry."""
    at: datetime
    """When it was made."""
    by: Clean
    """The user who made it."""
    alarm: Clean
    """The alarm's name."""
    state: Clean = ""
    """The acknowledged state: `alarm`, `ok`, `insufficient`, `missing`; "" if not recorded."""
    note: CleanBlock = ""
    """The person's note; "" if there is none."""


class AbnormalLine(Model):
    """An inspection's finding or an alarm that is still abnormal, and who accepted it."""

    id: RawId
    """The inspection's id, or the alarm's name."""
    title: Clean
    """Of the inspection or the alarm."""
    verdict: Verdict
    """Unknown for an alarm without data."""
    summary: Clean
    """What is abnormal."""
    read_at: datetime
    """When it was last seen so."""
    unread_since: bool = False
    """Whether a later inspection could not judge it."""
    accepted_by: Clean = ""
    """Who signed it off, overruled or acknowledged it; "": nobody has."""
    accepted_at: datetime | None = None
    """When they did; null: nobody has."""
    note: CleanBlock = ""
    """What they wrote."""
    until: datetime | None = None
    """When what they left to be done is due; null: they left nothing."""


class SpellLine(Model):
    """A period in which an alarm was not OK, merged from all findings that contain it."""

    alarm: Clean
    """The alarm's name."""
    title: Clean = ""
    """Its title in the runbook; "" if the runbook has none."""
    state: Clean
    """`alarm` or `insufficient`."""
    began: datetime | None
    """When it began; None: before the first window that contains it."""
    ended: datetime | None
    """When it ended; None: not yet at the end of the last window that contains it."""
    since: datetime
    """`began`, or the earliest moment at which the alarm is known to have been in this state."""
    last_seen: datetime
    """`ended`, or the latest moment at which the alarm is known to have been in this state."""
    seconds: float
    """Seconds from `since` to `last_seen`."""
    at_least: bool
    """It may have lasted longer: its start or its end is unknown."""
    reason: Clean = ""
    """AWS's reason for the state."""
    seen_later: bool = False
    """Only findings recorded after the report's period contain it."""
    acknowledged: tuple[AcknowledgementLine, ...] = ()
    """Acknowledgements made during the period."""


class ChangeLine(Model):
    """A change that a person confirmed or tried to make."""

    id: Clean
    """The plan's id."""
    kind: Clean
    """The change's id."""
    title: Clean
    """The plan's title."""
    target: Clean
    """The resource that it changes, by its usual name."""
    by: Clean
    """The user who confirmed it."""
    at: datetime
    """When it was confirmed."""
    approval: Clean = ""
    """The role that must have approved it; "" if no approval is needed."""
    state: StepState
    """State of the whole change."""
    steps: tuple[StepLine, ...] = ()
    """Its requests, in order."""
    partly_done: int = 0
    """How many of its steps took effect before one was not done; 0 unless it was partly done."""
    refusal: Clean = ""
    """Why it was stopped before any request was sent; "" if it was not."""
    revert_at: datetime | None = None
    """When it is planned to be reverted; None: no revert is planned."""
    revert: Clean = ""
    """How it is planned to be reverted, in words; "" if no revert is planned."""
    revert_pending: bool = False
    """Whether that revert is still to come; false if it was made or signed off, or if nothing was changed."""
    revert_remark: Clean = ""
    """Who makes the pending revert, AWS or a person, in words; "" if none is pending."""
    allowed_by: tuple[ApprovalLine, ...] = ()
    """What allowed it: approvals, an emergency."""
    is_followed: bool = False
    """Whether AWS has accepted it and its end is still to be seen."""
    end: EndLine | None = None
    """The end to which it was followed; None: it has none, or it is not seen yet."""


class NoteLine(Model):
    """Another entry of the journal, quoted."""

    seq: int
    """Number of the journal entry."""
    at: datetime
    """When it was recorded."""
    by: Clean
    """The user who recorded it."""
    kind: Clean
    """The entry's kind: `note`, `known`, `armed`, `disarmed`, `planned`, `unplanned`, `hand-over`,
    `hand-over-accepted` or `seen`, which counts a day's stopped tasks; a change's kind if its plan
    cannot be read; the recorded name of a kind that this version does not know; `other` for an unreadable entry."""
    text: CleanBlock
    """The quoted text."""
    about: Clean = ""
    """The resource, alarm or duty it concerns; "" if none."""


class PostLine(Model):
    """A post to Slack."""

    id: Clean
    """The post's subject in the journal."""
    at: datetime
    """When a person released it."""
    by: Clean
    """The user who released it."""
    channel: Clean
    """The Slack channel."""
    text: CleanBlock
    """Text of the post."""
    about: Clean = ""
    """The alarm or inspection it is about."""
    state: PostState
    """State at the report's `as_of`."""
    changed_at: datetime
    """Since when it is in that state."""
    why: Clean = ""
    """Why it is not in Slack, or why that is unknown; "" otherwise."""


class Charges(Model):
    """AWS requests of the consoles, and their cost."""

    calls: int = 0
    """Number of requests."""
    yen: float = 0.0
    """Cost in yen that AWS charges whatever the free tier."""
    worst_yen: float = 0.0
    """Cost in yen if others have used up CloudWatch's free tier."""
    consoles: int = 0
    """Number of console processes that recorded requests, counted once for each day."""
    days: int = 0
    """Number of days with recorded requests."""
    allowed_yen: float = DAILY_YEN
    """Allowance for one day, in yen."""
    dearest_day: date | None = None
    """The most expensive day; None: no requests were recorded."""
    dearest_yen: float = 0.0
    """Cost of that day, in yen."""


class RemarkLine(Model):
    """A person's remark on a report."""

    seq: int
    """Number of its journal entry."""
    at: datetime
    """When it was recorded."""
    by: Clean
    """The user who wrote it."""
    subject: Clean
    """The report it is on: `report@2026-01-05`, `report@2026-01`, `report@FY2025`."""
    text: CleanBlock
    """Text of the remark."""
