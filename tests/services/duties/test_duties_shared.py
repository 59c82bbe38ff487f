import asyncio
from datetime import timedelta

import pytest

from services.clock import ManualClock
from services.duties.entries import claim_of
from services.duties.records import KINDS, DutyRecords
from services.journal.errors import AlreadyRecorded, JournalError
from services.journal.journal import Journal
from services.models.duties import OccurrenceState, ProgressChange
from services.models.journal import EntryKind, EntryQuery, NewEntry, Person
from services.models.problem import Problem, ProblemKind
from tests.services.duties.duty_world import desk, jst

S = OccurrenceState


async def test_one_of_two_wins_and_the_other_names_the_winner(tmp_path):
    path = tmp_path / "j.db"
    async with (
        desk(path, ManualClock(jst("2026-01-14 09:02")), user="alice") as alice,
        desk(path, ManualClock(jst("2026-01-14 09:03")), user="bob") as bob,
    ):
        for duty in ("daily-morning", "daily-afternoon", "daily-evening"):
            here, there = alice.today(duty), bob.today(duty)
            done = await asyncio.gather(
                alice.duties.sign(here, "a"), bob.duties.skip(there, "b"), bob.duties.sign(there, "b"),
                return_exceptions=True,
            )  # fmt: skip
            won = [each for each in done if not isinstance(each, BaseException)]
            lost = [each for each in done if isinstance(each, AlreadyRecorded)]
            assert (len(won), len(lost)) == (1, 2)
            assert {each.entry.person.name for each in lost} == {won[0].signed.by}
            assert {each.entry.at for each in lost} == {won[0].signed.at}
            for both in (alice, bob):
                await both.until(lambda both=both, duty=duty, won=won: both.today(duty) == won[0])
        assert len(await alice.journal.entries(EntryQuery(kinds=KINDS))) == 3


async def test_a_key_pressed_three_times_signs_once(tmp_path):
    async with desk(tmp_path / "j.db", ManualClock(jst("2026-01-14 09:02"))) as duty_desk:
        morning = duty_desk.today("daily-morning")
        done = await asyncio.gather(
            *(duty_desk.duties.sign(morning) for _ in range(3)), return_exceptions=True
        )
        assert sum(isinstance(each, AlreadyRecorded) for each in done) == 2


async def test_each_console_sees_what_the_other_planned_and_signed_in_another_month(tmp_path):
    path, clock = tmp_path / "j.db", ManualClock(jst("2026-01-14 09:02"))
    async with desk(path, clock, user="alice") as alice, desk(path, clock, user="bob") as bob:
        march = bob.duties.month(2026, 3)
        deploy = next(each for day in march for each in day.occurrences if each.slot.if_planned)
        count = len(alice.views)
        await bob.duties.plan(deploy, planned=True)
        await alice.until(lambda: len(alice.views) > count)
        assert alice.duties.now(deploy.slot).planned


@pytest.mark.slow
async def test_any_record_of_a_long_journal_is_read_when_it_is_asked_for(tmp_path):
    clock = ManualClock(jst("2020-01-01 09:00"))
    journal = Journal(tmp_path / "j.db", clock=clock, person=lambda: Person(user="alice"))
    await journal.open()
    for number in range(1300):
        await journal.append(NewEntry(kind=EntryKind.SIGN_OFF, subject=f"duty@{number}", text="signed"))
        clock.advance(timedelta(days=2).total_seconds())
    records = DutyRecords(journal, clock.now())
    await records.read(clock.now())
    assert records.of("duty@1299").signed is None, "nothing is read before it is asked for"
    assert not records.is_read("duty@1299")
    assert records.began == jst("2020-01-01 09:00")
    assert records.version == 1, "that they are known at all is news"
    every = [f"duty@{number}" for number in range(1300)]
    await records.load([*every, "duty@none"])
    assert all(records.of(key).signed is not None for key in every)
    assert records.is_read("duty@none")
    assert records.of("duty@none").signed is None
    assert records.version == 1 + 1300 + 1
    await records.load(every)
    assert records.version == 1302, "nothing is read twice"
    await journal.append(
        NewEntry(kind=EntryKind.SKIPPED, subject="duty@x", text="left", data={"was": "?", "note": 3})
    )
    await records.read(clock.now())
    assert records.of("duty@x").skipped
    assert records.version == 1303
    await journal.close()


async def test_of_what_has_ended_only_that_is_read(tmp_path):
    clock = ManualClock(jst("2020-01-01 09:00"))
    journal = Journal(tmp_path / "j.db", clock=clock, person=lambda: Person(user="alice"))
    await journal.open()
    for key, kind in (("a@1", EntryKind.SIGN_OFF), ("b@1", EntryKind.PROGRESS), ("c@1", EntryKind.PROGRESS)):
        claim = claim_of(key) if kind is EntryKind.SIGN_OFF else ""
        await journal.append(NewEntry(kind=kind, subject=key, text="x", claim=claim, data={"ticked": ["y"]}))
    await journal.append(NewEntry(kind=EntryKind.SKIPPED, subject="c@1", text="x", claim=claim_of("c@1")))
    clock.advance(timedelta(days=2000).total_seconds())
    records = DutyRecords(journal, clock.now())
    await records.read(clock.now())
    assert records.is_underway("b@1"), "what is under way is known, however old it is"
    assert not records.is_underway("c@1")
    await records.load_open(["a@1", "b@1", "c@1", "d@1"])
    assert [records.has_ended(key) for key in ("a@1", "b@1", "c@1", "d@1")] == [True, False, True, False]
    assert [records.is_read(key) for key in ("a@1", "b@1", "c@1", "d@1")] == [False, True, False, True]
    await records.load(["a@1"])
    assert records.of("a@1").signed is not None
    await journal.close()


async def test_records_that_could_not_be_read_once_are_read_again(tmp_path, monkeypatch):
    # No entry and no due time follows for which the view would be computed anew.
    path, load, failures = (
        tmp_path / "j.db",
        DutyRecords.load,
        [
            JournalError(
                Problem(kind=ProblemKind.OTHER, summary="the disk was away", at=jst("2026-01-14 09:10"))
            )
        ],
    )

    async def failing(self, keys):
        keys = set(keys)
        if failures and self.unread(keys):
            raise failures.pop()
        await load(self, keys)

    async with desk(path, ManualClock(jst("2026-01-14 09:05")), began="2026-01-13 08:00") as other:
        await other.duties.sign(other.today("daily-morning"))
        monkeypatch.setattr(DutyRecords, "load", failing)
        async with desk(path, ManualClock(jst("2026-01-14 09:10"))) as duty_desk:
            assert not failures
            (first, *_rest) = duty_desk.views[0].today.occurrences
            assert (first.slot.duty, first.state) == ("daily-morning", OccurrenceState.NO_RECORD)
            await duty_desk.until(lambda: duty_desk.clock.sleepers)
            duty_desk.clock.advance(20)
            await duty_desk.until(lambda: duty_desk.today("daily-morning").state is OccurrenceState.DONE)


async def test_a_month_and_today_do_not_drive_out_each_other(tmp_path, monkeypatch):
    monkeypatch.setattr("services.duties.records.MOST", 60)
    loads: list[int] = []
    load = DutyRecords.load

    async def counted(self, keys):
        keys = set(keys)
        if self.unread(keys):
            loads.append(len(keys))
        await load(self, keys)

    monkeypatch.setattr(DutyRecords, "load", counted)
    async with desk(
        tmp_path / "j.db", ManualClock(jst("2026-01-14 09:10")), began="2026-01-13 08:00"
    ) as duty_desk:
        duties, evening = duty_desk.duties, duty_desk.today("daily-evening")
        duties.month(2025, 3)
        await duty_desk.until(lambda: not duties.is_reading)
        for turn in range(12):
            views = len(duty_desk.views)
            await duties.record_progress(evening, ProgressChange(note=f"{turn}"))
            await duty_desk.until(lambda views=views: len(duty_desk.views) > views)
            # As the screen asks at each view.
            duties.month(2025, 3)
            await duty_desk.until(lambda: not duties.is_reading)
        assert len(loads) < 12


async def test_what_is_under_way_may_be_asked_while_entries_come(tmp_path, monkeypatch):
    clock = ManualClock(jst("2026-01-14 09:00"))
    journal = Journal(tmp_path / "j.db", clock=clock, person=lambda: Person(user="alice"))
    await journal.open()
    entries = [
        await journal.append(NewEntry(kind=EntryKind.PROGRESS, subject=f"d@{number}", text="x"))
        for number in range(4)
    ]
    records = DutyRecords(journal, clock.now())
    await records.read(clock.now())
    is_underway = DutyRecords.is_underway

    def meanwhile(self, key):
        self.absorb([entries[0].model_copy(update={"subject": f"{key}-later", "seq": 100})])
        return is_underway(self, key)

    monkeypatch.setattr(DutyRecords, "is_underway", meanwhile)
    assert records.begun >= {"d@0", "d@1", "d@2", "d@3"}
    await journal.close()
