from collections.abc import Iterable
from datetime import timedelta

from services.incidents.course import KINDS
from services.incidents.follow_ups import FOLLOW_UP
from services.journal.derived.lookup import claimed
from services.journal.derived.older import Older
from services.journal.reader import JournalReader
from services.models.incidents import FollowUp
from services.models.journal import EntryKind

KEPT = timedelta(days=400)
"""How far back a report looks for incidents that were still open."""
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
