"""Which runs still matter however old they are: what is open, what is to be reverted, what later changes depend on."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC

from services.changes.base import REVERT_PARAMETERS
from services.changes.entries import CHANGE_KINDS
from services.changes.key_rotation.records import KIND as KEY_ROTATION
from services.changes.reverts import reverts
from services.journal.derived.older import Older
from services.models.change_runs import Run
from services.models.journal import EntryKind

REVERT = "revert@"  # How the key of a revert's occurrence begins; the plan's id follows
LASTING = frozenset({KEY_ROTATION, "drill-restore", "drill-delete"})
"""Kinds of changes whose runs say something about what exists now, however long ago they were made."""


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))


_DONE = """EXISTS (
  SELECT 1 FROM entries o
  WHERE o.claim = 'resolved:' || {0}.subject || ':' || json_extract({0}.body, '$.plan.steps[0].id')
    AND o.claim <> '' AND o.seq <= :until AND json_valid(o.body) AND json_extract(o.body, '$.state') = 'done'
)"""
"""Whether the first step of a plan is done: the entry that says so has this claim."""
_RESTORED = f"""EXISTS (
  SELECT 1 FROM entries l
  WHERE l.target = p.target AND l.seq > p.seq AND l.seq <= :until AND +l.kind = 'plan' AND json_valid(l.body)
    AND json_extract(l.body, '$.plan.kind') = json_extract(p.body, '$.plan.kind')
    AND (
      json_extract(l.body, '$.plan.steps[0].before') = json_extract(p.body, '$.plan.steps[0].before')
        AND json_extract(l.body, '$.plan.steps[0].before') NOT IN ('', '{{}}', '[]')
      OR NOT EXISTS (
        SELECT 1 FROM json_each(p.body, '$.plan.revert.values') v
        WHERE v.key NOT IN ({_listed(REVERT_PARAMETERS)})
          AND v.value IS NOT (SELECT w.value FROM json_each(l.body, '$.plan.wish') w WHERE w.key = v.key)
      )
    )
    AND {_DONE.format("l")}
)"""
"""Whether a later change has surely reverted a plan; `reverts` decides about the others."""
STATEMENT = f"""
WITH begun AS (
  -- Of a plan that is over, a console that was suspended may record an intent or an answer after all.
  SELECT DISTINCT subject FROM candidates CROSS JOIN entries c ON c.seq = candidates.seq
  WHERE kind IN ('plan', 'intent') OR kind = 'outcome' AND claim = ''
), plans AS (
  SELECT b.seq, b.subject, target, CASE WHEN typeof(body) = 'text' AND json_valid(body) THEN body ELSE '{{}}' END AS body
  FROM begun CROSS JOIN entries b ON b.subject = begun.subject AND +b.seq <= :until WHERE +kind = 'plan'
), open AS (
  SELECT subject FROM plans p
  WHERE EXISTS (
    SELECT 1 FROM entries i WHERE i.subject = p.subject AND +i.kind = 'intent' AND NOT EXISTS (
      SELECT 1 FROM entries r
      WHERE r.claim = 'resolved:' || p.subject || ':'
          || CASE WHEN json_valid(i.body) THEN json_extract(i.body, '$.step') ELSE '' END
        AND r.claim <> '' AND r.seq <= :until
    )
  )
  OR json_type(body, '$.plan.watch') = 'object'
    AND NOT EXISTS (SELECT 1 FROM entries w WHERE w.claim = 'watched:' || p.subject AND w.claim <> '' AND w.seq <= :until)
  OR json_type(body, '$.plan.revert') = 'object'
    AND NOT EXISTS (
      SELECT 1 FROM entries s WHERE s.claim = 'sign-off:{REVERT}' || p.subject AND s.claim <> '' AND s.seq <= :signed
    )
    AND (ifnull(json_extract(body, '$.plan.revert.kind'), '') <> '' OR NOT {_RESTORED})
  OR json_extract(body, '$.plan.kind') IN ({_listed(LASTING)})
  UNION
  -- A revert that is a change of another kind is found by its target.
  SELECT l.subject FROM plans p CROSS JOIN entries l
  WHERE ifnull(json_extract(p.body, '$.plan.revert.kind'), '') <> ''
    AND NOT EXISTS (
      SELECT 1 FROM entries s WHERE s.claim = 'sign-off:{REVERT}' || p.subject AND s.claim <> '' AND s.seq <= :signed
    )
    AND l.target = ifnull(nullif(json_extract(p.body, '$.plan.revert.target'), ''), p.target)
    AND l.seq > p.seq AND +l.kind = 'plan'
)
SELECT e.seq FROM open CROSS JOIN entries e ON e.subject = open.subject
WHERE +e.seq <= :until AND +e.kind IN ({_listed(kind.value for kind in CHANGE_KINDS)})
"""
OLDER = Older("changes-2", (EntryKind.PLAN, EntryKind.INTENT, EntryKind.OUTCOME), STATEMENT)


def needed(runs: Collection[Run], signed: Collection[str]) -> Iterator[str]:
    pending = set(pending_reverts(runs)) - set(signed)
    for run in runs:
        if run.is_open or run.in_flight or run.watching or run.id in pending or run.plan.kind in LASTING:
            yield run.id


def pending_reverts(runs: Iterable[Run]) -> list[str]:
    return [slot.key.removeprefix(REVERT) for slot in reverts(runs, UTC)]
