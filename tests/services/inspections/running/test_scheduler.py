import asyncio
from dataclasses import replace

import pytest

from services.clock import ManualClock
from services.inspections.allow_list import AllowList
from services.inspections.running import entries as inspection_entries
from services.inspections.running.finding_records import FindingRecords
from services.inspections.running.scheduler import LEASE
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.journal.errors import AlreadyRecorded
from services.journal.journal import Journal
from services.models.duties import OccurrenceState
from services.models.findings import UnknownIdentity
from services.models.journal import EntryKind, Person
from services.models.problem import ProblemKind
from services.models.verdict import Verdict
from tests.services.aws.canned import failure
from tests.services.duties.duty_world import jst
from tests.services.inspections.running.scheduler_world import Script, console, judged

MORNING = ("alarms", "dashboard", "error-logs")


def abnormal(inspection, request):
    return judged(inspection, request, Verdict.ABNORMAL, "one fires", ("call somebody",))


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def clock():
    return ManualClock(jst("2026-01-14 08:59"))


async def test_a_duty_that_comes_due_runs_its_inspections(tmp_path, script, clock, monkeypatch):
    async with console(tmp_path / "j.db", script, monkeypatch, clock=clock) as one:
        assert not script.runs
        await one.until(lambda: one.findings_of("daily-morning").complete)
        duty_findings = one.findings_of("daily-morning")
        assert [each.finding.inspection for each in duty_findings.recorded] == list(MORNING)
        assert duty_findings.all_normal
        assert duty_findings.verdict is Verdict.NORMAL
        entries = await one.entries(EntryKind.LOOKING, EntryKind.FINDING)
        assert [entry.kind for entry in entries].count(EntryKind.LOOKING) == 1
        # It waits for a person: a machine signs nothing.
        assert one.desk.today("daily-morning").state is OccurrenceState.DUE
        assert not await one.entries(EntryKind.SIGN_OFF)


async def test_two_consoles_run_an_inspection_once_and_both_show_it(tmp_path, script, clock, monkeypatch):
    path = tmp_path / "j.db"
    async with (
        console(path, script, monkeypatch, clock=clock) as one,
        console(path, script, monkeypatch, clock=clock, user="bob") as two,
    ):
        await one.until(
            lambda: one.findings_of("daily-morning").complete and two.findings_of("daily-morning").complete
        )
        assert sorted(id for id, _request in script.runs) == sorted(MORNING)
        assert one.findings_of("daily-morning").recorded == two.findings_of("daily-morning").recorded


async def test_an_inspection_claimed_by_a_killed_console_is_run_by_the_next(
    tmp_path, script, clock, monkeypatch
):
    path = tmp_path / "j.db"
    clock.advance(3600)
    async with console(path, script, monkeypatch, clock=clock) as first:
        slot = first.desk.today("daily-morning").slot
        await first.until(lambda: first.findings_of("daily-morning").complete)
    # A console that is gone left its claim on the afternoon's run, and nothing else.
    clock.advance((jst("2026-01-14 14:00") - clock.now()).total_seconds())
    gone = await asyncio.create_subprocess_exec("true")
    await gone.wait()
    child = gone.pid
    journal = Journal(path, clock=clock, person=_here)
    await journal.open()
    afternoon = replace(slot, key="daily-afternoon@2026-01-14T14:00", duty="daily-afternoon")
    draft = inspection_entries.claim_entry(afternoon, 1)
    await journal.append(draft.model_copy(update={"data": {"pid": child, "turn": 1}}))
    await journal.close()
    before = len(script.runs)
    async with console(path, script, monkeypatch, clock=clock) as again:
        await again.until(lambda: again.findings_of("daily-afternoon").complete)
        # The morning's findings were not lost and are not made again.
        assert [id for id, _request in script.runs[before:]] == ["alarms"]
        assert again.findings_of("daily-morning").complete


def _here():
    import socket

    return Person(user="gone", host=socket.gethostname())


async def test_a_claim_from_another_machine_holds_until_its_lease_is_over(
    tmp_path, script, clock, monkeypatch
):
    path = tmp_path / "j.db"
    clock.advance(120)
    journal = Journal(path, clock=clock, person=lambda: Person(user="far", host="elsewhere"))
    await journal.open()
    async with console(path, script, monkeypatch, clock=ManualClock(jst("2026-01-14 08:00"))) as early:
        slot = next(
            each.slot for each in early.desk.view.today.occurrences if each.slot.duty == "daily-morning"
        )
    entry = await journal.append(inspection_entries.claim_entry(slot, 1))
    await journal.close()
    async with console(path, script, monkeypatch, clock=clock) as one:
        await one.until(lambda: clock.sleepers > 0, step=0)
        while (clock.now() - entry.at).total_seconds() < LEASE - 20:
            assert not script.runs
            clock.advance(10)
            await asyncio.sleep(0.002)
        await one.until(lambda: one.findings_of("daily-morning").complete, step=10)
        assert (clock.now() - entry.at).total_seconds() >= LEASE


async def test_the_window_starts_where_the_last_signed_one_ended(tmp_path, script, clock, monkeypatch):
    async with console(tmp_path / "j.db", script, monkeypatch, clock=clock) as one:
        await one.until(lambda: one.findings_of("daily-morning").complete)
        first = script.windows("alarms")[0]
        # There is no run before it: the window starts when city hall closed on Tuesday.
        assert first.since == jst("2026-01-13 17:15")
        assert "first inspection" in first.gap
        # The morning is not signed: the afternoon's run covers it again.
        one.desk.advance("2026-01-14 14:00")
        await one.until(lambda: one.findings_of("daily-afternoon").complete)
        assert script.windows("alarms")[1].since == first.since
        await _sign(one, "daily-afternoon")
        one.desk.advance("2026-01-14 17:00")
        await one.until(lambda: one.findings_of("daily-evening").complete)
        assert script.windows("alarms")[2].since == script.windows("alarms")[1].until
        assert not script.windows("alarms")[2].gap


async def test_the_first_run_after_a_closed_console_covers_the_gap_and_says_so(
    tmp_path, script, clock, monkeypatch
):
    path = tmp_path / "j.db"
    clock.advance((jst("2026-01-16 17:00") - clock.now()).total_seconds())
    async with console(path, script, monkeypatch, clock=clock) as friday:
        await friday.until(lambda: friday.findings_of("daily-evening").complete)
        await _sign(friday, "daily-evening")
        signed = script.windows("alarms")[-1].until
    clock.advance((jst("2026-01-19 09:00") - clock.now()).total_seconds())
    async with console(path, script, monkeypatch, clock=clock) as monday:
        await monday.until(lambda: monday.findings_of("daily-morning").complete)
        request = script.windows("alarms")[-1]
        assert request.since == signed
        assert "2 closed days" in request.gap
        assert "2 closed days" in monday.findings_of("daily-morning").recorded[0].finding.gap


async def _sign(one, duty):
    occurrence = one.desk.today(duty)
    duty_findings = one.scheduler.of(occurrence.slot)
    await one.desk.duties.sign(
        occurrence, more={"findings": inspection_entries.signed(duty_findings.recorded)}
    )
    await one.until(lambda: one.desk.today(duty).signed)


async def test_what_aws_refuses_cannot_be_judged(tmp_path, script, clock, monkeypatch):
    def denied(_inspection, _request):
        raise failure(ProblemKind.ACCESS_DENIED, "no permission")

    def broken(_inspection, _request):
        raise KeyError("a fault of ours")

    script.answers = {"alarms": denied, "dashboard": broken}
    async with console(tmp_path / "j.db", script, monkeypatch, clock=clock) as one:
        await one.until(lambda: one.findings_of("daily-morning").complete)
        alarms, dashboard, errors = (each.finding for each in one.findings_of("daily-morning").recorded)
        assert (alarms.verdict, alarms.summary) == (Verdict.UNKNOWN, "no permission")
        assert alarms.problem is not None
        assert dashboard.verdict is Verdict.UNKNOWN
        assert isinstance(one.faults[0], KeyError)
        # One failed run does not affect the others.
        assert errors.verdict is Verdict.NORMAL
        assert one.findings_of("daily-morning").verdict is Verdict.UNKNOWN
        assert not one.findings_of("daily-morning").all_normal


async def test_an_override_needs_a_reason_and_happens_once(tmp_path, script, clock, monkeypatch):
    script.answers = {"alarms": abnormal}
    async with console(tmp_path / "j.db", script, monkeypatch, clock=clock) as one:
        await one.until(lambda: one.findings_of("daily-morning").complete)
        record = one.findings_of("daily-morning").recorded[0]
        with pytest.raises(ValueError, match="reason"):
            await one.scheduler.runs.override("x", record, "  ")
        await one.scheduler.runs.override("x", record, "planned load test")
        with pytest.raises(AlreadyRecorded):
            await one.scheduler.runs.override("x", record, "again")
        judged = one.findings_of("daily-morning").recorded[0]
        assert (judged.overruled.by, judged.overruled.reason) == ("alice", "planned load test")
        # The verdict stays what it was: nothing is left to decide, but it is not signed among the normal ones.
        assert judged.finding.verdict is Verdict.ABNORMAL
        assert one.findings_of("daily-morning").settled
        assert not one.findings_of("daily-morning").all_normal
        finding = inspection_entries.signed(one.findings_of("daily-morning").recorded)[0]
        assert (finding["decision"], finding["reason"], finding["verdict"]) == (
            "overruled",
            "planned load test",
            "abnormal",
        )


async def test_a_repeated_run_counts_from_then_on(tmp_path, script, clock, monkeypatch):
    script.answers = {"alarms": abnormal}
    async with console(tmp_path / "j.db", script, monkeypatch, clock=clock) as one:
        await one.until(lambda: one.findings_of("daily-morning").complete)
        script.answers = {}
        await one.scheduler.rerun(one.desk.today("daily-morning").slot, ("alarms",))
        assert one.findings_of("daily-morning").all_normal
        assert len(await one.entries(EntryKind.FINDING)) == 4


async def test_a_missed_duty_of_an_earlier_day_is_left_to_a_person(tmp_path, script, clock, monkeypatch):
    clock.advance((jst("2026-01-15 08:00") - clock.now()).total_seconds())
    async with console(tmp_path / "j.db", script, monkeypatch, clock=clock) as one:
        missed = [each for each in one.desk.view.carried if each.state is OccurrenceState.MISSED]
        assert missed
        # Last evening's is only late: it may still be signed, so it is inspected.
        await one.until(lambda: [id for id, _request in script.runs] == ["alarms"])
        clock.advance(60)
        await asyncio.sleep(0.05)
        findings = [one.scheduler.of(each.slot) for each in missed]
        assert all(each is not None and not each.recorded for each in findings)
        await one.scheduler.rerun(missed[0].slot)
        first = one.scheduler.of(missed[0].slot)
        assert first.complete


async def test_an_identity_marked_known_is_known_to_the_next_run(tmp_path, script, clock, monkeypatch):
    path = tmp_path / "j.db"
    async with console(path, script, monkeypatch, clock=clock) as one:
        await one.scheduler.runs.allow(UnknownIdentity(kind="person", value="carol"))
        await one.scheduler.runs.allow(
            UnknownIdentity(kind="network", value="203.0.113.9", network="203.0.113.0/24")
        )
        assert one.records.allow_list.person("carol")
    async with console(path, script, monkeypatch, clock=clock) as two:
        await two.until(lambda: two.records.started)
        assert two.records.allow_list.person("carol")
        assert two.records.allow_list.address("203.0.113.77")
        assert not two.records.allow_list.address("198.51.100.1")
        assert {each.target for each in two.records.allowed_by_operators} == {"carol", "203.0.113.0/24"}
        await two.scheduler.runs.forget(two.records.allowed_by_operators[-1])
        assert not two.records.allow_list.person("carol")
    async with console(path, script, monkeypatch, clock=clock) as three:
        await three.until(lambda: three.records.started)
        assert not three.records.allow_list.person("carol")
        # In whatever order the entries come, the newest counts.
        entries = await three.entries(EntryKind.KNOWN)
        other = FindingRecords(three.desk.journal, AllowList(people=frozenset({"dave"})))
        other.absorb(reversed(entries))
        assert not other.allow_list.person("carol")
        assert other.allow_list.address("203.0.113.77")
        assert other.allow_list.person("dave")


async def test_a_journal_that_takes_nothing_shows_the_finding_and_records_it_later(
    tmp_path, script, clock, monkeypatch
):
    path = tmp_path / "j.db"
    async with console(path, script, monkeypatch, clock=clock) as one:
        away = path.rename(tmp_path / "away.db")
        path.mkdir()
        await one.until(lambda: one.findings_of("daily-morning").complete)
        shown = one.findings_of("daily-morning").recorded
        assert [each.seq for each in shown] == [0, 0, 0]
        path.rmdir()
        away.rename(path)
        await one.until(lambda: all(each.seq for each in one.findings_of("daily-morning").recorded))
        later = [each.finding for each in one.findings_of("daily-morning").recorded]
        assert later == [each.finding for each in shown]
        assert len(script.runs) == 3


async def test_two_duties_due_together_share_one_run(tmp_path, script, clock, monkeypatch):
    # Monday, 2 February: the weekly and the monthly patch inspections coincide.
    clock.advance((jst("2026-02-02 09:00") - clock.now()).total_seconds())
    path = tmp_path / "j.db"
    async with console(
        path, script, monkeypatch, clock=clock, duties=("weekly-patches", "monthly-patches")
    ) as one:
        await one.until(
            lambda: one.findings_of("weekly-patches").complete and one.findings_of("monthly-patches").complete
        )
        assert len(script.windows("maintenance")) == 1


async def test_a_run_that_waits_for_consent_is_not_signed_off(tmp_path, script, clock, monkeypatch):
    def dear(inspection, request):
        if request.consent:
            return judged(inspection, request)
        return FindingBuilder(inspection, request).finding("would cost ¥30", estimate_yen=30.0)

    script.answers = {"error-logs": dear}
    async with console(tmp_path / "j.db", script, monkeypatch, clock=clock) as one:
        await one.until(lambda: one.findings_of("daily-morning").complete)
        findings = inspection_entries.signed(one.findings_of("daily-morning").recorded)
        assert [each["inspection"] for each in findings] == ["alarms", "dashboard"]
        await one.scheduler.rerun(one.desk.today("daily-morning").slot, ("error-logs",), consent=True)
        assert one.findings_of("daily-morning").all_normal


async def test_an_entry_of_another_console_is_read_though_this_one_has_written_a_later_one(
    tmp_path, script, clock, monkeypatch
):
    path = tmp_path / "j.db"
    async with console(path, script, monkeypatch, clock=clock) as one:
        await one.until(lambda: one.records.started)
        other = Journal(path, clock=clock, person=lambda: Person(user="bob"))
        await other.open()
        early = await other.append(
            inspection_entries.allow_entry(UnknownIdentity(kind="person", value="carol"))
        )
        late = await other.append(
            inspection_entries.allow_entry(UnknownIdentity(kind="person", value="dave"))
        )
        await other.close()
        records = FindingRecords(one.desk.journal, AllowList())
        await records.read(early.at)
        fresh = FindingRecords(one.desk.journal, AllowList())
        fresh.started = True
        fresh.absorb([late])
        await fresh.read(early.at)
        assert fresh.allow_list == records.allow_list
        assert fresh.allow_list.person("carol")
