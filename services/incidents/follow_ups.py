from collections.abc import Iterable, Iterator
from datetime import timedelta, tzinfo

from services.i18n import _
from services.incidents.course import KINDS
from services.incidents.entries import follow_up_of
from services.journal.derived.lookup import claimed
from services.journal.derived.older import Older
from services.journal.reader import JournalReader
from services.models.date_text import day_text
from services.models.duties import ScheduledOccurrence
from services.models.incidents import FollowUp
from services.models.journal import Entry, EntryKind
from services.models.runbook import Runbook

FOLLOW_UP = "follow-up@"  # How the key of its occurrence begins; its id follows
DAY = timedelta(days=1)


def follow_up_slots(follow_ups: Iterable[FollowUp], zone: tzinfo) -> tuple[ScheduledOccurrence, ...]:
    return tuple(_slot(each, zone) for each in follow_ups)


def follow_ups_in(entries: Iterable[Entry]) -> Iterator[FollowUp]:
    for entry in entries:
        if entry.kind is EntryKind.FOLLOW_UP:
            follow_up = follow_up_of(entry)
            if follow_up is not None:
                yield follow_up


def offered_follow_up(runbook: Runbook, inspection: str) -> str:
    """What the runbook suggests about this inspection's finding: the first action that leads to it; "" if none does."""
    actions = (
        str(cause.action)
        for playbook in runbook.playbooks
        for cause in playbook.causes
        if cause.look == inspection
    )
    return next(actions, "")


def _slot(follow_up: FollowUp, zone: tzinfo) -> ScheduledOccurrence:
    day = follow_up.due.astimezone(zone).date()
    remark = _(
        "Left by {name} on {day}.", name=follow_up.by, day=day_text(follow_up.at.astimezone(zone).date(), day)
    )
    return ScheduledOccurrence(
        key=f"{FOLLOW_UP}{follow_up.id}",
        duty="",
        title=follow_up.text,
        nominal=(day,),
        day=day,
        until=day,
        due_at=follow_up.due,
        late_at=follow_up.due + DAY,
        missed_at=None,
        timed=False,
        remark=remark,
    )


KEPT = timedelta(days=400)  # How far back a report looks for incidents that were still open
_KINDS = ", ".join(f"'{kind}'" for kind in sorted(kind.value for kind in KINDS))
_SIGNED = f"sign-off:{FOLLOW_UP}"
OLDER = Older(
    "incidents-1",
    (EntryKind.INCIDENT_OPENED, EntryKind.FOLLOW_UP, EntryKind.HAND_OVER),
    f"""
    WITH subjects AS (
      SELECT subject FROM candidates CROSS JOIN entries o ON o.seq = candidates.seq
      WHERE kind = 'incident-opened'
        AND NOT EXISTS (SELECT 1 FROM entries c WHERE c.claim = 'closed:' || o.subject AND c.claim <> '' AND c.seq <= :until)
      UNION
      -- Its claim is `follow-up:<id>`.
      SELECT subject FROM candidates CROSS JOIN entries f ON f.seq = candidates.seq
      WHERE kind = 'follow-up' AND NOT EXISTS (
        SELECT 1 FROM entries s WHERE s.claim = '{_SIGNED}' || substr(f.claim, 11) AND s.claim <> '' AND s.seq <= :signed
      )
      UNION
      SELECT subject FROM (
        SELECT subject FROM candidates CROSS JOIN entries h ON h.seq = candidates.seq
        WHERE kind = 'hand-over' AND subject >= 'day:' AND subject < 'day;'
        ORDER BY h.seq DESC LIMIT 1
      )
    )
    SELECT e.seq FROM subjects CROSS JOIN entries e ON e.subject = subjects.subject
    WHERE +e.seq <= :until AND +e.kind IN ({_KINDS})
    """,
)


def done_of(reader: JournalReader, follow_ups: Iterable[FollowUp]) -> frozenset[str]:
    claims = {f"{_SIGNED}{each.id}": str(each.id) for each in follow_ups}
    return frozenset(claims[claim] for claim in claimed(reader, claims))
