"""What is asked of the role that approves: what, why now, what it costs more a month; from the plan and what was measured."""

import re
from collections.abc import Iterator
from datetime import datetime, tzinfo

from services.i18n import N_, _
from services.incidents.measured_clocks import measured_clocks
from services.models.changes import Plan
from services.models.date_text import time_text
from services.models.durations import lasting
from services.models.first_wave import IncidentEvidence
from services.models.incidents import ClockKind, ClockState, Incident, StepKind
from services.models.runbook_playbooks import Playbook, Step
from services.models.step_records import open_steps

ROWS = 2  # Values of a plan that are read aloud
_YEN = re.compile(r"¥([\d,]+) → ¥([\d,]+)")
_LEFT = {
    ClockKind.STORAGE: (
        N_("The storage is full in {left} ({soonest} at the earliest), as of {read}."),
        N_("The storage is full since {soonest}."),
    ),
    ClockKind.CREDITS: (
        N_("The CPU credits end in {left} ({soonest} at the earliest), as of {read}."),
        N_("The CPU credits are used up since {soonest}."),
    ),
}
"""While something is left, and after that."""


def step_to_approve(incident: Incident, playbook: Playbook | None) -> Step | None:
    if playbook is None or not playbook.approval or incident.over_at is not None:
        return None
    steps = list(open_steps(incident, playbook))
    telling = next((step for step in steps if step.kind is StepKind.TELL), None)
    if telling is None or (telling.to or playbook.escalate_to) != playbook.approval:
        return None
    later = steps[steps.index(telling) :]
    return next((step for step in later if step.kind is StepKind.CHANGE or step.values), None)


def asking(
    step: Step, plan: Plan | None, evidence: IncidentEvidence | None, zone: tzinfo, now: datetime
) -> Iterator[str]:
    """Why now, what, its cost, and the question, a sentence each; `plan`: the newest, of any change."""
    for clock in measured_clocks(evidence, (), now):
        running, over = _LEFT[clock.kind]
        ends = [
            lasting((due - clock.starts).total_seconds()) for due in (clock.due, clock.latest or clock.due)
        ]
        left = _("{first} to {last}", first=ends[0], last=ends[1]) if len(set(ends)) > 1 else ends[0]
        yield _(over if clock.state is ClockState.OVERDUE else running).format(
            left=left, soonest=time_text(clock.due, zone, now), read=time_text(clock.starts, zone, now)
        )
    plan = plan if plan is not None and plan.kind == step.look else None
    if plan is None or not plan.steps:
        yield _("What is to be approved: {what}.", what=str(step.text).rstrip(".。"))
        database = evidence.database if evidence is not None else None
        if database is not None and database.storage_gib:
            yield _("It has {size} GiB now.", size=database.storage_gib)
        yield _("What it costs is not computed yet: no plan has been made.")
    else:
        rows = [row for each in plan.steps for row in each.rows if row.changes][:ROWS]
        words = _("{name} from {before} to {after}")
        values = _(", ").join(words.format(name=row.name, before=row.before, after=row.after) for row in rows)
        words = _("What is to be approved: {title} of {target}, {values}.")
        yield words.format(title=plan.title, target=plan.target.title, values=values)
        yield _cost(plan)
    if plan is not None and plan.refusals:
        yield _("It cannot be applied as it stands: {why}", why=plan.refusals[0])
    yield _("Do you approve it?")


def _cost(plan: Plan) -> str:
    amounts = _YEN.search(plan.cost)
    if amounts is None:
        return _("Costs: {cost}.", cost=str(plan.cost).rstrip(".。")) if plan.cost else ""
    before, after = (int(amount.replace(",", "")) for amount in amounts.groups())
    words = _("It costs ¥{more} more a month (¥{before} → ¥{after}).")
    if after < before:
        words = _("It costs ¥{more} less a month (¥{before} → ¥{after}).")
    return words.format(more=f"{abs(after - before):,}", before=f"{before:,}", after=f"{after:,}")
