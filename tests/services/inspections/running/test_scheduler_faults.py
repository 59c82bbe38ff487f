"""What goes wrong between consoles, people and clocks: no run twice, none lost, no time left uninspected."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from services.clock import ManualClock
from services.inspections.allow_list import AllowList
from services.inspections.running import entries as inspection_entries
from services.inspections.running import runner
from services.inspections.running.finding_records import RECENT, FindingRecords
from services.inspections.running.scheduler import LEASE, Claims
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.duties import OccurrenceState
from services.models.findings import Progress, UnknownIdentity
from services.models.journal import EntryKind, NewEntry, Person
from services.models.problem import Problem, ProblemKind
from services.models.verdict import Verdict
from tests.services.aws.canned import failure
from tests.services.duties.duty_world import jst
from tests.services.inspections.running.scheduler_world import Script, Scripted, began_at, console


def unknown(inspection, request):
    return FindingBuilder(inspection, request).finding("partial")


def expired(_inspection, _request):
    raise failure(ProblemKind.EXPIRED, "the session has ended")


async def sign(one, duty):
    occurrence = one.desk.today(duty)
    duty_findings = one.findings_of(duty)
    await one.desk.duties.sign(
        occurrence, more={"findings": inspection_entries.signed(duty_findings.recorded)}
    )
    until = duty_findings.recorded[-1].finding.read_at
    await one.until(lambda: one.desk.today(duty).signed and one.records.signed_until("dashboard", until))


async def done(one, *duties):
    await one.until(lambda: all(one.findings_of(each).complete for each in duties))


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def clock():
    return ManualClock(jst("2026-01-14 09:01"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "j.db"


# ---- the window of a run


async def test_a_window_without_sign_off_is_inspected_again_even_without_any_sign_off(
    path, script, clock, monkeypatch
):
    async with console(path, script, monkeypatch, clock=clock) as one:
        await done(one, "daily-morning")
        first = script.windows("alarms")[0]
        one.desk.advance("2026-01-15 09:01")
        await one.until(lambda: one.desk.view.today.day.day == 15)
        await done(one, "daily-morning")
        assert script.windows("alarms")[-1].since == first.since


async def test_an_accepted_run_that_could_not_judge_leaves_its_window_open(path, script, clock, monkeypatch):
    script.answers = {"alarms": unknown, "dashboard": unknown}
    async with console(path, script, monkeypatch, clock=clock) as one:
        await done(one, "daily-morning")
        dashboard = one.findings_of("daily-morning").recorded[1]
        await one.scheduler.runs.override("x", dashboard, "seen in the AWS console")
        await sign(one, "daily-morning")
        await one.scheduler.runs.run_on_demand("alarms")
        await one.scheduler.runs.run_on_demand("dashboard")
        before, after = script.windows("alarms")
        assert after.since == before.since
        # Who overrules it answers for its time.
        before, after = script.windows("dashboard")
        assert after.since == before.until


async def test_a_sign_off_by_a_clock_that_ran_ahead_hides_no_window_from_inspection(
    path, script, clock, monkeypatch
):
    async with console(path, script, monkeypatch, clock=clock) as one:
        await done(one, "daily-morning")
        await sign(one, "daily-morning")
        signed = script.windows("alarms")[0].until
        ahead = {"inspection": "alarms", "verdict": "normal", "until": "2027-01-14T00:00:00+00:00"}
        draft = NewEntry(kind=EntryKind.SIGN_OFF, subject="x", text="x", data={"findings": [ahead]})
        one.records.absorb([await one.desk.journal.append(draft)])
        clock.advance(3600)
        await one.scheduler.runs.run_on_demand("alarms")
        assert script.windows("alarms")[-1].since == signed


# ---- each inspection runs once


async def test_an_inspection_requested_repeatedly_runs_once_and_outlives_its_requesters(
    path, script, clock, monkeypatch
):
    async with console(path, script, monkeypatch, clock=clock) as one:
        await done(one, "daily-morning")
        slot = one.desk.today("daily-morning").slot
        script.gate.clear()
        before = len(script.runs)
        asked = [asyncio.create_task(one.scheduler.rerun(slot)) for _press in range(3)]
        await one.until(lambda: len(script.runs) == before + 3)
        asked[0].cancel()
        asked[1].cancel()
        await asyncio.gather(*asked[:2], return_exceptions=True)
        script.gate.set()
        await asked[2]
        assert len(script.runs) == before + 3
        assert len(await one.entries(EntryKind.FINDING)) == 6


async def test_closing_a_screen_does_not_cancel_a_run_that_a_duty_shares(path, script, clock, monkeypatch):
    async with console(path, script, monkeypatch, clock=clock) as one:
        await done(one, "daily-morning")
        one.desk.advance("2026-01-14 13:59:50")
        script.gate.clear()
        slot = one.desk.today("daily-morning").slot
        asked = asyncio.create_task(one.scheduler.rerun(slot, ("alarms",)))
        await one.until(
            lambda: any(key.startswith("daily-afternoon") for key, _id in one.scheduler.runs.progress)
        )
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        script.gate.set()
        await done(one, "daily-afternoon")
        assert len(script.windows("alarms")) == 2


async def test_two_runs_on_demand_at_once_both_finish_and_report_progress(path, script, clock, monkeypatch):
    async with console(path, script, monkeypatch, clock=clock) as one:
        await done(one, "daily-morning")
        script.gate.clear()
        asked = [
            asyncio.create_task(one.scheduler.runs.run_on_demand(id)) for id in ("backups", "costs", "costs")
        ]
        await one.until(lambda: script.windows("backups") and script.windows("costs"))
        script.windows("backups")[0].on_progress(Progress(text="vault", done=1, total=2))
        await one.until(lambda: any(each.progress.total for each in one.views[-1].running))
        script.gate.set()
        records = await asyncio.gather(*asked)
        assert [each.finding.inspection for each in records] == ["backups", "costs", "costs"]
        assert all(each.subject.startswith("hand@") for each in records)
        assert len(script.windows("costs")) == 1
        assert not one.scheduler.runs.progress
        await one.scheduler.runs.override(records[0].subject, records[0], "fine")
        assert next(each for each in one.records.on_demand() if each.seq == records[0].seq).overruled


async def test_a_run_before_a_duty_is_due_does_not_count_for_it(path, script, clock, monkeypatch):
    async with console(path, script, monkeypatch, clock=clock) as one:
        await done(one, "daily-morning")
        await one.scheduler.rerun(one.desk.today("daily-evening").slot)
        one.desk.advance("2026-01-14 17:01")
        await one.until(lambda: script.windows("alarms")[-1].until >= jst("2026-01-14 17:00"))
        await one.until(lambda: not one.scheduler.runs.progress)
        assert one.findings_of("daily-evening").recorded[0].finding.read_at >= jst("2026-01-14 17:00")


async def test_a_duty_signed_before_its_runs_began_is_not_inspected(path, script, clock, monkeypatch):
    # A console that began before this one may still inspect it.
    await began_at(path, "2026-01-14 08:00", pid=1, host="elsewhere")
    await began_at(path, "2026-01-14 08:01", pid=2)
    async with console(path, script, monkeypatch, clock=clock, jitter=30.0, pid=2) as one:
        await one.until(lambda: clock.sleepers > 1, step=0)
        await one.desk.duties.sign(one.desk.today("daily-morning"))
        await one.until(lambda: one.desk.today("daily-morning").signed, step=0)
        await one.until(lambda: not one.scheduler._tasks)
        assert not script.runs
        assert not await one.entries(EntryKind.LOOKING)


async def test_runs_that_take_long_keep_their_claim(path, script, clock, monkeypatch):
    script.gate.clear()
    async with (
        console(path, script, monkeypatch, clock=clock) as one,
        console(path, script, monkeypatch, clock=clock, user="bob") as two,
    ):
        await one.until(lambda: len(script.runs) == 3)
        began = clock.now()
        await one.until(lambda: clock.now() - began > timedelta(seconds=2 * LEASE), step=20)
        assert len(script.runs) == 3
        script.gate.set()
        await done(one, "daily-morning")
        await done(two, "daily-morning")
        assert len(script.runs) == 3
        assert len(await one.entries(EntryKind.LOOKING)) > 1


def move(journal, to):
    """With what SQLite keeps beside it, without which it is another journal."""
    for end in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{journal}{end}").rename(f"{to}{end}")


async def test_a_run_without_a_journal_hides_no_later_finding(tmp_path, script, clock, monkeypatch):
    path = tmp_path / "j.db"
    async with console(path, script, monkeypatch, clock=clock) as one:
        move(path, tmp_path / "away.db")
        path.mkdir()
        await done(one, "daily-morning")
        slot = one.desk.today("daily-morning").slot
        # A colleague's console reaches the journal all the time, and finds something else.
        other = Journal(tmp_path / "away.db", clock=clock, person=lambda: Person(user="bob"), syslog=None)
        later = (
            one.findings_of("daily-morning")
            .recorded[0]
            .finding.model_copy(
                update={"verdict": Verdict.ABNORMAL, "read_at": clock.now() + timedelta(seconds=1)}
            )
        )
        await other.open()
        await other.append(inspection_entries.finding_entry(slot.key, later))
        await other.close()
        path.rmdir()
        move(tmp_path / "away.db", path)
        await one.until(lambda: not one.scheduler.runs.unrecorded)
        await one.until(lambda: one.findings_of("daily-morning").verdict is Verdict.ABNORMAL)
        # Nor is what was seen lost: its entry follows the colleague's, and is read after it.
        await one.until(lambda: [each.finding.inspection for each in one.records.on_demand()] == ["alarms"])


# ---- runs that fail


async def test_an_inspection_that_hangs_or_cancels_itself_cannot_judge(path, script, clock, monkeypatch):
    def gone(_inspection, _request):
        raise asyncio.CancelledError

    monkeypatch.setattr(runner, "LIMIT", 0.05)
    script.answers = {"dashboard": gone}
    async with console(path, script, monkeypatch, clock=clock) as one:
        await done(one, "daily-morning")
        assert one.findings_of("daily-morning").recorded[1].finding.verdict is Verdict.UNKNOWN
        assert one.faults
        script.gate.clear()
        hung = await one.scheduler.runs.run_on_demand("alarms")
        assert hung.finding.verdict is Verdict.UNKNOWN
        assert "did not finish" in hung.finding.summary


async def test_an_inspection_that_could_not_reach_aws_runs_once_aws_is_reachable(
    path, script, clock, monkeypatch
):
    script.answers = {"alarms": expired, "dashboard": unknown}
    async with console(path, script, monkeypatch, clock=clock) as one:
        await done(one, "daily-morning")
        script.answers = {"dashboard": unknown}
        before = len(script.runs)
        one.scheduler.recovered()
        await one.until(
            lambda: one.findings_of("daily-morning").recorded[0].finding.verdict is Verdict.NORMAL, step=50
        )
        # Only that: the others could be asked.
        assert [id for id, _request in script.runs[before:]] == ["alarms"]


async def test_a_console_started_without_its_journal_still_runs_inspections(
    tmp_path, script, clock, monkeypatch
):
    path = tmp_path / "j.db"
    path.mkdir()
    async with console(path, script, monkeypatch, clock=clock, began="") as one:
        assert one.desk.today("daily-morning").state is OccurrenceState.NO_RECORD
        await done(one, "daily-morning")
        assert len(script.runs) == 3
        # Nobody knows since when nothing has been signed off, and this need not be the first inspection.
        assert {request.until - request.since for _id, request in script.runs} == {Scripted.longest}
        for recorded in one.findings_of("daily-morning").recorded:
            assert "the journal cannot be read, so what was signed off is unknown" in recorded.finding.gap


async def test_a_window_is_no_longer_for_the_time_that_reading_the_journal_took(
    path, script, clock, monkeypatch
):
    async with console(path, script, monkeypatch, clock=clock) as one:

        async def fails_slowly(_inspection, _now):
            clock.advance(20)
            raise JournalError(Problem(kind=ProblemKind.OTHER, summary="the disk is gone", at=clock.now()))

        monkeypatch.setattr(one.records, "load_signed", fails_slowly)
        await one.scheduler.runs.run_on_demand("alarms")
        request = script.windows("alarms")[-1]
        assert request.until - request.since == Scripted.longest


async def test_an_inspection_begun_before_the_journal_was_read_waits_for_it(path, script, clock, monkeypatch):
    async with console(path, script, monkeypatch, clock=clock) as one:
        await done(one, "daily-morning")
        await sign(one, "daily-morning")
        until = one.records.signed_until("dashboard", one.desk.clock.now())
        assert until is not None
        records = FindingRecords(one.desk.journal, AllowList())
        monkeypatch.setattr(one.scheduler.runs, "_records", records)
        await one.scheduler.runs.run_on_demand("dashboard")
        assert script.windows("dashboard")[-1].since == until


async def test_a_failing_listener_ends_no_stream_silently(path, script, clock, monkeypatch):
    async with console(path, script, monkeypatch, clock=clock) as one:
        await done(one, "daily-morning")
        scheduler = one.scheduler

        async def broken():
            raise KeyError("a fault of ours")

        monkeypatch.setattr(scheduler, "_listen", broken)
        views = scheduler.states()
        await anext(views)
        with pytest.raises(KeyError):
            await asyncio.wait_for(anext(views), 60)


# ---- what is kept and shown


async def test_findings_of_a_missed_duty_stay_visible_the_day_after(path, script, clock, monkeypatch):
    async with console(path, script, monkeypatch, clock=clock) as one:
        await done(one, "daily-morning")
        key = one.desk.today("daily-morning").key
        one.desk.advance("2026-01-15 08:00")
        await one.until(lambda: one.desk.view.today.day.day == 15, step=0)
        await one.until(lambda: one.views[-1].of(key), step=0)


async def test_a_console_open_for_months_forgets_old_findings_and_never_calls_them_none_yet(
    path, script, clock, monkeypatch
):
    async with console(path, script, monkeypatch, clock=clock) as one:
        await done(one, "daily-morning")
        slot = one.desk.today("daily-morning").slot
        for _again in range(3):
            await one.scheduler.rerun(slot, ("alarms",))
            assert one.findings_of("daily-morning").complete
        assert len(one.records._parsed) == 3
        assert one.scheduler.shown(slot)
        await one.scheduler.close()
        clock.advance(RECENT.total_seconds() + 1)
        await one.records.read(clock.now())
        assert not one.records._parsed
        assert not one.records._findings
        assert not one.records._claims
        assert one.scheduler.of(slot) is not None
        one.scheduler.schedule(one.desk.view.model_copy(update={"carried": (), "running": ()}))
        assert one.scheduler.shown(replace(slot, key="daily-morning@2025-11-11T09:00")) is None


async def test_entries_written_between_the_first_reads_are_read_later(path, clock):
    journal = Journal(path, clock=clock, person=lambda: Person(user="alice"), syslog=None)
    await journal.open()

    class Busy(FindingRecords):
        written = False

        def absorb(self, entries):
            super().absorb(entries)
            if not self.written:
                self.written = True
                self.appending = asyncio.create_task(self._write())

        async def _write(self):
            await journal.append(
                inspection_entries.allow_entry(UnknownIdentity(kind="person", value="carol"))
            )
            await journal.append(NewEntry(kind=EntryKind.LOOKING, subject="x", text="x"))

    records = Busy(journal, AllowList())
    await records.read(clock.now())
    await records.appending
    await records.read(clock.now())
    assert records.allow_list.person("carol")
    await journal.close()


async def test_a_closed_console_starts_no_inspection(path, script, clock, monkeypatch):
    async with console(path, script, monkeypatch, clock=clock) as one:
        await done(one, "daily-morning")
        await one.scheduler.close()
        one.desk.advance("2026-01-14 14:01")
        await one.until(lambda: one.desk.today("daily-afternoon").open, step=0)
        one.scheduler.schedule(one.desk.view)
        await asyncio.sleep(0)
        assert not one.scheduler._tasks
        assert len(script.runs) == 3


async def test_a_claim_from_a_clock_that_runs_ahead_is_over_after_its_lease(path, script, clock, monkeypatch):
    async with console(path, script, monkeypatch, clock=ManualClock(jst("2026-01-14 08:00"))) as early:
        slot = early.desk.today("daily-morning").slot
    ahead = Journal(
        path, clock=ManualClock(jst("2026-01-15 09:00")), person=lambda: Person(host="elsewhere"), syslog=None
    )
    await ahead.open()
    await ahead.append(inspection_entries.claim_entry(slot, 1))
    await ahead.close()
    async with console(path, script, monkeypatch, clock=clock) as one:
        await one.until(lambda: one.findings_of("daily-morning").complete, step=10)
        assert clock.now() < jst("2026-01-14 09:30")


@pytest.mark.parametrize("skew", [-90, -3600, 90, 3600])
async def test_a_claim_holds_for_its_lease_from_when_it_was_read_whatever_its_machine_s_clock_says(
    path, script, clock, monkeypatch, skew
):
    # A clock that is behind must not make the claim look expired at once, nor one ahead prolong it.
    async with console(path, script, monkeypatch, clock=ManualClock(jst("2026-01-14 08:00"))) as early:
        slot = early.desk.today("daily-morning").slot
    theirs = ManualClock(clock.now())
    theirs.step(skew)
    other = Journal(path, clock=theirs, person=lambda: Person(host="elsewhere"), syslog=None)
    await other.open()
    claim = await other.append(inspection_entries.claim_entry(slot, 1))
    records = FindingRecords(other, AllowList())
    records.absorb([claim])
    claims = Claims(records, other, clock)
    assert claims.holder(slot) == claim
    clock.step(-skew)
    clock.advance(LEASE - 1)
    assert claims.holder(slot) == claim
    clock.advance(2)
    assert claims.holder(slot) is None
    await other.close()
