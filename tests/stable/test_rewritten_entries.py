"""For the facts in the old journal, the code of today writes the same entries. Each old entry is read into
today's models and written again. Its text may change, and so may the data that identify the process that
wrote it."""

from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.aws.client.settings import AwsSettings
from services.changes import entries as change_entries
from services.changes.ages import marked
from services.clock import ManualClock
from services.inspections.running import entries as inspection_entries
from services.inspections.running.finding_records import finding_in
from services.journal.reader import JournalReader
from services.journal.usage import UsageLog
from services.models.alarms import Alarm, AlarmState
from services.models.base import RawId
from services.models.change_runs import StepState
from services.models.changes import Plan
from services.models.duties import ScheduledOccurrence
from services.models.findings import Overrule, Recorded, UnknownIdentity
from services.models.journal import Entry, EntryKind, EntryQuery
from services.models.posts import Proposal
from services.models.runbook import JournalSpec
from services.models.usage import Usage
from services.runbook.loader import load
from services.slack import entries as post_entries
from services.slack.records import post_of
from services.slack.sending import SlackSent
from services.system import Services
from tests.tools.stable_journal import NOWHERE, RUNBOOK
from tests.tools.stable_reading import NOW, copied

PROCESS_KEYS = frozenset({"machine", "awake", "pid", "pid_space", "runbook", "runbook_digest"})
"""Keys of an entry's data that identify the process that wrote it, and the runbook that it obeyed."""
Entries = tuple[Entry, ...]


def entries_in(path):
    with closing(JournalReader.open(path)) as reader:
        return tuple(reader.find(EntryQuery(), limit=10_000, newest_first=False))


@pytest.fixture
def entries(tmp_path):
    return entries_in(copied(tmp_path))


def of_kinds(entries, *kinds):
    """The entries of these kinds; fails if there is none of one kind."""
    selected = [entry for entry in entries if entry.kind in kinds]
    assert {entry.kind for entry in selected} == set(kinds)
    return selected


def without_additions(value, old):
    """`value` without the keys that `old` does not have: what later versions add."""
    if isinstance(value, dict) and isinstance(old, dict):
        return {key: without_additions(each, old[key]) for key, each in value.items() if key in old}
    if isinstance(value, list) and isinstance(old, list) and len(value) == len(old):
        return [without_additions(*pair) for pair in zip(value, old, strict=True)]
    return value


def machine_fields(item):
    """All fields that code reads, without those that depend on the writing process."""
    return {
        "kind": item.kind,
        "subject": item.subject,
        "target": item.target,
        "claim": item.claim,
        "holds": item.holds,
        "releases": item.releases,
        "data": {key: value for key, value in item.data.items() if key not in PROCESS_KEYS},
    }


# ---- inspections


def recorded_of(entries, seq, overrule=None):
    entry = entries[seq - 1]
    finding = finding_in(entry)
    assert finding is not None
    return Recorded(seq=seq, by="x", finding=finding, subject=entry.subject, overruled=overrule)


def test_findings(entries):
    for entry in of_kinds(entries, EntryKind.FINDING):
        draft = inspection_entries.finding_entry(entry.subject, recorded_of(entries, entry.seq).finding)
        assert machine_fields(draft) == machine_fields(entry)


def test_overruled_findings(entries):
    for entry in of_kinds(entries, EntryKind.OVERRULED):
        recorded = recorded_of(entries, entry.data["seq"])
        draft = inspection_entries.override_entry(entry.subject, recorded, entry.data["reason"])
        assert machine_fields(draft) == machine_fields(entry)


def test_findings_in_sign_offs(entries):
    overrules = {
        entry.data["seq"]: Overrule(by="x", at=entry.at, reason=entry.data["reason"], seq=entry.seq)
        for entry in of_kinds(entries, EntryKind.OVERRULED)
    }
    decisions = [entry.data.get("findings", []) for entry in of_kinds(entries, EntryKind.SIGN_OFF)]
    assert sum(map(len, decisions)) > 5
    for of_entry in decisions:
        numbers = [decision["seq"] for decision in of_entry]
        recorded = [recorded_of(entries, seq, overrules.get(seq)) for seq in numbers]
        assert inspection_entries.signed(recorded) == of_entry


def test_known_people_and_networks(entries):
    for entry in of_kinds(entries, EntryKind.KNOWN):
        kind, value = entry.data["kind"], entry.data["value"]
        network = value if kind == "network" else ""
        stranger = UnknownIdentity(kind=kind, value=value, network=network)
        is_forgotten = "forgotten" in entry.data
        draft = (
            inspection_entries.forget_entry(entry)
            if is_forgotten
            else inspection_entries.allow_entry(stranger)
        )
        assert machine_fields(draft) == machine_fields(entry)


def test_claims_on_inspections(entries):
    for entry in of_kinds(entries, EntryKind.LOOKING):
        day = entry.at.date()
        slot = ScheduledOccurrence(
            key=entry.subject, duty=entry.target, title="x", nominal=(), day=day, until=day,
            due_at=entry.at, late_at=entry.at, missed_at=None, timed=True,
        )  # fmt: skip
        draft = inspection_entries.claim_entry(slot, entry.data["turn"])
        assert machine_fields(draft) == machine_fields(entry)
        assert "pid" in draft.data


# ---- changes


def plans_in(entries):
    with_plan = [
        entry for entry in of_kinds(entries, EntryKind.PLAN, EntryKind.REFUSED) if "plan" in entry.data
    ]
    return {entry.subject: Plan.model_validate(entry.data["plan"]) for entry in with_plan}


def change_draft(plan, entry):
    """The draft for the fact that an entry about a change records."""
    data = entry.data
    step = next((step for step in plan.steps if step.id == data.get("step")), None)
    if entry.kind is EntryKind.PLAN:
        return change_entries.confirmed(plan)
    if entry.kind is EntryKind.REFUSED:
        return change_entries.refused(plan, data["why"], step)
    assert step is not None
    if entry.kind is EntryKind.INTENT:
        return change_entries.intent(plan, step)
    state = StepState(data["state"])
    if entry.kind is EntryKind.RESOLVED:
        done = state is StepState.DONE
        return change_entries.resolved(plan, step, done=done, text=data["text"], how=data["how"])
    draft = change_entries.outcome(plan, step, state, data["text"], data["verified"])
    # The second outcome of a step, its verification, releases nothing.
    return draft if entry.claim else change_entries.later(draft)


def test_changes(entries):
    plans = plans_in(entries)
    for entry in of_kinds(entries, *change_entries.CHANGE_KINDS - {EntryKind.WATCHED}):
        draft = change_draft(plans[entry.subject], entry)
        old = machine_fields(entry)
        assert without_additions(machine_fields(draft), old) == old
        assert marked(draft, ManualClock(NOW)).data.keys() == entry.data.keys()


# ---- posts


def post_draft(post, entry):
    """The draft for the fact that an entry records; `post` is the state before it."""
    data = entry.data
    if entry.kind is EntryKind.POSTING:
        return post_entries.posting(post, data["console"], data["thread_ts"])
    if entry.kind is EntryKind.POSTED:
        sent = SlackSent(ts=data["ts"], channel_id=data["channel_id"])
        return post_entries.posted(post, sent, data["thread_ts"], entry.claim)
    if entry.kind is EntryKind.POST:
        return post_entries.again(post, data["why"], entry.claim)
    if data["state"] == "dropped":
        return post_entries.dropped(post, data["why"])
    if data["state"] == "unknown":
        return post_entries.unknown(post, entry.text, entry.claim)
    return post_entries.refused(post, entry.text, entry.claim, code=data["code"], retry_at=data["retry_at"])


def first_post_draft(entry):
    data = entry.data
    about = Proposal(
        title="x", text="x", thread=data["thread"], target=RawId(entry.target), alarm=data["alarm"]
    )
    id = entry.subject.removeprefix(post_entries.SUBJECT)
    return post_entries.release(id, data["channel"], data["text"], about)


def test_posts(entries):
    earlier: dict[str, list[Entry]] = {}
    kinds = (EntryKind.POST, EntryKind.POSTING, EntryKind.POSTED, EntryKind.UNPOSTED)
    for entry in of_kinds(entries, *kinds):
        post = post_of(earlier.setdefault(entry.subject, []))
        draft = first_post_draft(entry) if post is None else post_draft(post, entry)
        assert machine_fields(draft) == machine_fields(entry)
        is_outcome = entry.kind in (EntryKind.POSTED, EntryKind.UNPOSTED)
        if post is not None and is_outcome and entry.data.get("state") != "dropped":
            assert entry.claim in (post_entries.outcome_claim(post), post_entries.settled_claim(post))
        earlier[entry.subject].append(entry)


# ---- what people do at a console


class Metered:
    def __init__(self, usage):
        self.usage = usage

    def days(self):
        return (self.usage,)


class Repeater:
    """Repeats at a console of today what people did according to the entries."""

    def __init__(self, services):
        self.services = services
        days = [day for month in (1, 2) for day in services.duties.month(2026, month).days]
        self.occurrences = {occurrence.key: occurrence for day in days for occurrence in day.occurrences}

    def action(self, entry):
        """How to repeat an entry; None for kinds tested elsewhere and for dates that depend on AWS or a change."""
        of_duties = {
            EntryKind.SIGN_OFF: self.sign,
            EntryKind.SKIPPED: self.skip,
            EntryKind.PLANNED: self.plan,
            EntryKind.UNPLANNED: self.plan,
        }
        others = {
            EntryKind.ACKNOWLEDGED: self.acknowledge,
            EntryKind.ARMED: self.arm,
            EntryKind.DISARMED: self.disarm,
            EntryKind.USAGE: self.record_usage,
        }
        if entry.kind in of_duties:
            return of_duties[entry.kind] if entry.subject in self.occurrences else None
        return others.get(entry.kind)

    async def sign(self, entry):
        more = {key: entry.data[key] for key in ("findings", "checked", "evidence") if key in entry.data}
        await self.services.duties.sign(self.occurrences[entry.subject], entry.data["note"], more=more)

    async def skip(self, entry):
        await self.services.duties.skip(self.occurrences[entry.subject], entry.data["note"])

    async def plan(self, entry):
        planned = entry.kind is EntryKind.PLANNED
        await self.services.duties.plan(self.occurrences[entry.subject], planned=planned)

    async def acknowledge(self, entry):
        since = entry.subject.partition("@")[2]
        alarm = Alarm(
            id=RawId(entry.target),
            name=entry.target,
            state=AlarmState(entry.data["state"]),
            since=datetime.fromisoformat(since) if since else None,
        )
        await self.services.acknowledgements.acknowledge(alarm, entry.data["note"])

    async def arm(self, entry):
        until = datetime.fromisoformat(entry.data["until"])
        await self.services.engine.arm(entry.data["reason"], until - entry.at)

    async def disarm(self, entry):
        await self.services.engine.arm("x", timedelta(minutes=1))
        await self.services.engine.disarm(entry.data["why"])

    async def record_usage(self, entry):
        day = datetime.fromisoformat(entry.data["day"]).date()
        totals = {key: entry.data[key] for key in ("calls", "yen", "worst_yen")}
        meter: Any = Metered(Usage(day=day, **totals))
        await UsageLog(self.services.journal, meter).record()


async def test_actions_of_people(entries, tmp_path):
    runbook = load(RUNBOOK).model_copy(update={"journal": JournalSpec()})
    clock = ManualClock(entries[0].at)
    path = tmp_path / "new.db"
    services = Services(runbook, AwsSettings(endpoint_url=NOWHERE), clock, journal=path)
    await services.open_journal()
    repeater = Repeater(services)
    repeated: set[EntryKind] = set()
    for entry in entries:
        clock.advance((entry.at - clock.now()).total_seconds())
        action = repeater.action(entry)
        if action is not None:
            await action(entry)
            (newest,) = (await services.journal.page(limit=1)).entries
            assert machine_fields(newest) == machine_fields(entry)
            repeated.add(entry.kind)
        if entry.kind is EntryKind.ARMED:
            await services.engine.disarm()
    await services.close()
    assert len(repeated) == 8
    new_entries = entries_in(path)
    for kind, new_entry in ((EntryKind.STARTED, new_entries[0]), (EntryKind.ENDED, new_entries[-1])):
        assert machine_fields(new_entry) == machine_fields(of_kinds(entries, kind)[0])
        assert "pid" in new_entry.data
