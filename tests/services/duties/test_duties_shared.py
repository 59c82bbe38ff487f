"""Several consoles on one journal file."""

import asyncio
from datetime import timedelta
from pathlib import Path

from services.clock import ManualClock
from services.duties.records import KINDS, DutyRecords
from services.journal.errors import AlreadyRecorded
from services.journal.journal import Journal
from services.models.duties import OccurrenceState
from services.models.journal import EntryKind, EntryQuery, NewEntry, Person
from tests.services.duties.duty_world import desk, jst

S = OccurrenceState


async def test_one_of_two_wins_and_the_other_names_the_winner(tmp_path: Path) -> None:
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
            assert won[0].signed is not None
            assert {each.entry.person.name for each in lost} == {won[0].signed.by}
            assert {each.entry.at for each in lost} == {won[0].signed.at}
            for both in (alice, bob):
                await both.until(lambda both=both, duty=duty, won=won: both.today(duty) == won[0])
        assert len(await alice.journal.entries(EntryQuery(kinds=KINDS))) == 3


async def test_a_key_pressed_three_times_signs_once(tmp_path: Path) -> None:
    async with desk(tmp_path / "j.db", ManualClock(jst("2026-01-14 09:02"))) as duty_desk:
        morning = duty_desk.today("daily-morning")
        done = await asyncio.gather(
            *(duty_desk.duties.sign(morning) for _ in range(3)), return_exceptions=True
        )
        assert sum(isinstance(each, AlreadyRecorded) for each in done) == 2


async def test_each_console_sees_what_the_other_planned_and_signed_in_another_month(tmp_path: Path) -> None:
    path, clock = tmp_path / "j.db", ManualClock(jst("2026-01-14 09:02"))
    async with desk(path, clock, user="alice") as alice, desk(path, clock, user="bob") as bob:
        march = bob.duties.month(2026, 3)
        deploy = next(each for day in march for each in day.occurrences if each.slot.if_planned)
        count = len(alice.views)
        await bob.duties.plan(deploy, planned=True)
        await alice.until(lambda: len(alice.views) > count)
        assert alice.duties.now(deploy.slot).planned


async def test_a_long_journal_is_read_whole_the_recent_part_first(tmp_path: Path) -> None:
    clock = ManualClock(jst("2020-01-01 09:00"))
    journal = Journal(tmp_path / "j.db", clock=clock, person=lambda: Person(user="alice"))
    await journal.open()
    for number in range(1300):
        await journal.append(NewEntry(kind=EntryKind.SIGN_OFF, subject=f"duty@{number}", text="signed"))
        clock.advance(timedelta(days=2).total_seconds())
    records = DutyRecords(journal, clock.now())
    await records.read(clock.now())
    assert records.of("duty@1299").signed is not None
    assert records.of("duty@0").signed is None, "the past waits until the first view is out"
    await records.read(clock.now())
    assert records.of("duty@0").signed is not None
    assert records.began == jst("2020-01-01 09:00")
    assert records.version == 1300 + 1, "that they are known at all is news, too"
    await journal.append(
        NewEntry(kind=EntryKind.SKIPPED, subject="duty@x", text="left", data={"was": "?", "note": 3})
    )
    await records.read(clock.now())
    assert records.of("duty@x").skipped
    assert records.version == 1302
    await journal.close()
