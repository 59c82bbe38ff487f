import asyncio
from datetime import date, timedelta

import pytest

from services.clock import ManualClock
from services.duties.service import NotNow
from services.journal.errors import AlreadyRecorded, JournalError
from services.models.base import RawId
from services.models.duties import BaseDate, OccurrenceState, ScheduledOccurrence
from services.models.journal import EntryKind
from tests.services.duties.duty_world import desk, jst

S = OccurrenceState
WEDNESDAY = "2026-01-14 08:55"


def states(duty_desk):
    return {each.slot.duty: each.state for each in duty_desk.view.today.occurrences}


async def test_the_day_goes_by_itself(tmp_path):
    async with desk(tmp_path / "j.db", ManualClock(jst(WEDNESDAY)), began="2026-01-13 08:00") as duty_desk:
        daily = ["daily-morning", "daily-afternoon", "daily-evening"]
        assert [states(duty_desk)[each] for each in daily] == [S.UPCOMING] * 3
        assert duty_desk.view.next_change == jst("2026-01-14 09:00")
        for at, expected in (
            ("09:00", [S.DUE, S.UPCOMING, S.UPCOMING]),
            ("09:30", [S.LATE, S.UPCOMING, S.UPCOMING]),
            ("14:00", [S.MISSED, S.DUE, S.UPCOMING]),
            ("14:30", [S.MISSED, S.LATE, S.UPCOMING]),
            ("17:00", [S.MISSED, S.MISSED, S.DUE]),
        ):
            duty_desk.advance(f"2026-01-14 {at}")
            await duty_desk.until(
                lambda expected=expected: [states(duty_desk)[each] for each in daily] == expected
            )
        duty_desk.advance("2026-01-15 00:00")
        await duty_desk.until(lambda: duty_desk.view.today.day == date(2026, 1, 15))
        carried = {each.key: each.state for each in duty_desk.view.carried if "01-14" in each.key}
        assert carried == {
            "daily-morning@2026-01-14T09:00": S.MISSED,
            "daily-afternoon@2026-01-14T14:00": S.MISSED,
            "daily-evening@2026-01-14T17:00": S.LATE,
        }, "the last one is missed only when the next morning's comes"
        duty_desk.advance("2026-01-15 09:00")
        evening = "daily-evening@2026-01-14T17:00"
        await duty_desk.until(lambda: {e.key: e.state for e in duty_desk.view.carried}[evening] is S.MISSED)


async def test_nothing_is_notified_when_nothing_changed(tmp_path):
    async with desk(tmp_path / "j.db", ManualClock(jst(WEDNESDAY))) as duty_desk:
        await duty_desk.until(lambda: duty_desk.clock.sleepers)
        count = len(duty_desk.views)
        for moment in ("08:55:30", "08:56:00", "08:56:30", "08:57:00"):
            duty_desk.advance(f"2026-01-14 {moment}")
            await asyncio.sleep(0.02)
        assert len(duty_desk.views) == count
        duty_desk.advance("2026-01-14 09:00")
        await duty_desk.until(lambda: len(duty_desk.views) == count + 1)


async def test_a_sign_off_records_person_time_and_note(tmp_path):
    async with desk(tmp_path / "j.db", ManualClock(jst(WEDNESDAY)), began="2026-01-13 08:00") as duty_desk:
        morning = duty_desk.today("daily-morning")
        duty_desk.advance("2026-01-14 14:05")
        signed = await duty_desk.duties.sign(morning, "alarms were all OK")
        assert signed.state is S.DONE
        assert (signed.signed.by, signed.signed.at) == ("alice", jst("2026-01-14 14:05"))
        assert signed.signed.was is S.MISSED
        await duty_desk.until(lambda: duty_desk.today("daily-morning").signed == signed.signed)
        entry = (await duty_desk.journal.page()).entries[0]
        assert entry.kind is EntryKind.SIGN_OFF
        assert entry.subject == "daily-morning@2026-01-14T09:00"
        assert entry.target == "daily-morning"
        assert entry.data["due_at"] == "2026-01-14T00:00:00+00:00"
        assert entry.data["was"] == "missed"
        assert "due 01-14(Wed) 09:00 JST" in entry.text
        assert "alarms were all OK" in entry.text


async def test_a_signature_is_there_after_a_restart(tmp_path):
    clock = ManualClock(jst("2026-01-14 09:05"))
    async with desk(tmp_path / "j.db", clock) as duty_desk:
        await duty_desk.duties.sign(duty_desk.today("daily-morning"), "first")
    async with desk(tmp_path / "j.db", clock, user="bob") as duty_desk:
        assert duty_desk.today("daily-morning").state is S.DONE
        assert duty_desk.today("daily-morning").signed.note == "first"


async def test_early_is_allowed_on_the_same_day_only(tmp_path):
    async with desk(tmp_path / "j.db", ManualClock(jst(WEDNESDAY))) as duty_desk:
        signed = await duty_desk.duties.sign(duty_desk.today("daily-evening"))
        assert signed.signed.was is S.UPCOMING
        tomorrow = duty_desk.duties.month(2026, 1).days[14].occurrences[0]
        with pytest.raises(NotNow):
            await duty_desk.duties.sign(tomorrow)
        assert (await duty_desk.journal.page()).entries[0].subject == signed.key, "nothing more was recorded"


async def test_skipping_needs_a_reason_and_counts_as_signed(tmp_path):
    async with desk(tmp_path / "j.db", ManualClock(jst("2026-01-14 09:05"))) as duty_desk:
        morning = duty_desk.today("daily-morning")
        with pytest.raises(ValueError, match="reason"):
            await duty_desk.duties.skip(morning, "  ")
        left = await duty_desk.duties.skip(morning, "power cut in the server room")
        assert left.state is S.SKIPPED
        with pytest.raises(AlreadyRecorded):
            await duty_desk.duties.sign(morning)
        await duty_desk.until(lambda: duty_desk.today("daily-morning").state is S.SKIPPED)


async def test_a_duty_that_counts_only_when_planned(tmp_path):
    async with desk(tmp_path / "j.db", ManualClock(jst("2026-01-17 12:00"))) as duty_desk:
        sunday = duty_desk.duties.month(2026, 1).days[17]
        deploy = next(each for each in sunday.occurrences if each.slot.duty == "weekly-deploy")
        assert deploy.state is S.UNPLANNED
        with pytest.raises(NotNow):
            await duty_desk.duties.sign(deploy)
        assert (await duty_desk.duties.plan(deploy, planned=True)).state is S.UPCOMING
        await duty_desk.until(
            lambda: duty_desk.view.next is not None and duty_desk.view.next.key == deploy.key
        )
        assert (await duty_desk.duties.plan(deploy, planned=False)).state is S.UNPLANNED
        await duty_desk.duties.plan(deploy, planned=True)
        duty_desk.advance("2026-01-18 02:00")
        await duty_desk.until(lambda: states(duty_desk).get("weekly-deploy") is S.DUE)


async def test_before_the_journal_nothing_is_claimed(tmp_path):
    async with desk(tmp_path / "j.db", ManualClock(jst("2026-01-14 10:00"))) as duty_desk:
        assert states(duty_desk)["daily-morning"] is S.NO_RECORD
        assert duty_desk.view.carried == ()
        december = duty_desk.duties.month(2025, 12)
        past = {each.state for day in december for each in day.occurrences}
        assert past <= {S.NO_RECORD}
        signed = await duty_desk.duties.sign(duty_desk.today("daily-morning"), "done before the console came")
        assert signed.state is S.DONE, "a person may still say that it was done"


async def test_missed_duties_stay_listed_for_two_weeks(tmp_path):
    async with desk(
        tmp_path / "j.db", ManualClock(jst("2026-02-18 08:55")), began="2026-01-05 08:00"
    ) as duty_desk:
        carried = [each for each in duty_desk.view.carried if each.state is S.MISSED]
        days = [each.slot.day for each in carried]
        assert days == sorted(days)
        assert min(days) >= date(2026, 2, 4)
        late = {each.slot.duty for each in duty_desk.view.carried if each.state is S.LATE}
        assert {"monthly-trail", "weekly-backup", "dr-drill"} <= late, "not missed until their next one comes"


async def test_a_drill_runs_through_its_month(tmp_path):
    async with desk(
        tmp_path / "j.db", ManualClock(jst("2026-04-10 10:00")), began="2026-03-01 08:00"
    ) as duty_desk:
        running = {each.slot.duty: each for each in duty_desk.view.running}
        assert {"dr-drill", "failover-drill"} <= set(running)
        await duty_desk.duties.sign(running["dr-drill"], "restored a copy in 22 minutes")
        await duty_desk.until(lambda: "dr-drill" not in {each.slot.duty for each in duty_desk.view.running})
        april = duty_desk.duties.month(2026, 4)
        drills = [each for day in april for each in day.occurrences if each.slot.duty == "dr-drill"]
        assert [each.state for each in drills] == [S.DONE]


async def test_an_old_key_is_late_whatever_the_journal_knows_and_gone_once_rotated(tmp_path):
    old = BaseDate(anchor="access-key:ci-cd-user", id=RawId("AKIAOLD"), at=jst("2023-05-01 10:00"))
    async with desk(tmp_path / "j.db", ManualClock(jst(WEDNESDAY)), base_dates=(old,)) as duty_desk:
        assert [(each.slot.duty, each.state) for each in duty_desk.view.carried] == [("key-rotation", S.LATE)]
        fresh = BaseDate(anchor="access-key:ci-cd-user", id=RawId("AKIANEW"), at=jst("2026-01-14 08:00"))
        duty_desk.base_dates = (fresh,)
        duty_desk.duties.refresh()
        await duty_desk.until(lambda: duty_desk.view.carried == ())
        duty_desk.base_dates = (old,)
        duty_desk.advance("2026-01-14 08:56")
        await duty_desk.until(lambda: duty_desk.view.carried != ())


async def test_the_revert_of_a_change_is_a_duty_without_the_runbook(tmp_path):
    due = jst("2026-01-14 17:00")
    revert = ScheduledOccurrence(
        key="revert@01ABC", duty="", title="staff-api: 10 → 5", nominal=(), day=date(2026, 1, 14),
        until=date(2026, 1, 14), due_at=due, late_at=due + timedelta(minutes=30), missed_at=None, timed=True,
    )  # fmt: skip
    async with desk(tmp_path / "j.db", ManualClock(jst(WEDNESDAY))) as duty_desk:
        duty_desk.dated = (revert,)
        duty_desk.duties.refresh()
        await duty_desk.until(lambda: revert.key in {each.key for each in duty_desk.view.today.occurrences})
        duty_desk.advance("2026-01-16 08:00")
        await duty_desk.until(lambda: revert.key in {each.key for each in duty_desk.view.carried})
        late = next(each for each in duty_desk.view.carried if each.key == revert.key)
        assert late.state is S.LATE
        assert duty_desk.duties.duty(late) is None
        assert revert.key in {each.key for each in duty_desk.duties.month(2026, 1).days[13].occurrences}
        assert (await duty_desk.duties.sign(late, "set back by hand")).state is S.DONE


async def test_a_revert_in_another_month_is_a_change(tmp_path):
    slot = ScheduledOccurrence(
        key="revert@x", duty="", title="back to 5", nominal=(date(2026, 3, 2),), day=date(2026, 3, 2),
        until=date(2026, 3, 2), due_at=jst("2026-03-02 17:00"), late_at=jst("2026-03-02 17:30"), missed_at=None,
        timed=True,
    )  # fmt: skip
    async with desk(tmp_path / "j.db", ManualClock(jst(WEDNESDAY))) as duty_desk:
        records = duty_desk.view.records
        for dated in ((slot,), ()):
            duty_desk.dated = dated
            duty_desk.duties.refresh()
            await duty_desk.until(lambda records=records: duty_desk.view.records > records)
            records = duty_desk.view.records
            keys = [each.key for day in duty_desk.duties.month(2026, 3) for each in day.occurrences]
            assert ("revert@x" in keys) == bool(dated)


async def test_the_clock_may_jump_either_way(tmp_path):
    async with desk(
        tmp_path / "j.db", ManualClock(jst("2026-01-14 10:00")), began="2026-01-05 08:00"
    ) as duty_desk:
        await duty_desk.until(lambda: duty_desk.clock.sleepers)
        duty_desk.clock._now = jst("2026-01-14 09:10")  # the clock was set back
        duty_desk.duties.refresh()
        await duty_desk.until(lambda: states(duty_desk)["daily-morning"] is S.DUE)
        duty_desk.advance("2026-03-02 09:10")
        await duty_desk.until(lambda: duty_desk.view.today.day == date(2026, 3, 2))


async def test_without_a_journal_it_watches_claims_nothing_and_refuses_signatures(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    async with desk(blocked / "j.db", ManualClock(jst("2026-01-14 09:05"))) as duty_desk:
        assert not duty_desk.journal.health.writable
        assert states(duty_desk)["daily-morning"] is S.NO_RECORD
        assert duty_desk.view.carried == ()
        with pytest.raises(JournalError):
            await duty_desk.duties.sign(duty_desk.today("daily-morning"))
        assert duty_desk.duties.now(duty_desk.today("daily-morning").slot).signed is None


async def test_while_the_journal_cannot_be_read_what_came_due_is_not_claimed_to_be_open(tmp_path):
    # A colleague may have signed it, or planned the deploy.
    hidden, path = tmp_path / "hidden.db", tmp_path / "j.db"
    async with desk(hidden, ManualClock(jst("2026-01-14 09:05")), began="2026-01-13 08:00") as other:
        await other.duties.sign(other.today("daily-morning"))
    path.mkdir()
    async with desk(path, ManualClock(jst("2026-01-14 09:10"))) as duty_desk:
        assert states(duty_desk)["daily-morning"] is S.NO_RECORD
        assert states(duty_desk)["daily-afternoon"] is S.UPCOMING
        deploys = [e for day in duty_desk.duties.month(2026, 1) for e in day.occurrences if e.slot.if_planned]
        assert {each.state for each in deploys} == {S.NO_RECORD}
        assert duty_desk.view.open == ()
        path.rmdir()
        hidden.rename(path)
        await duty_desk.until(lambda: states(duty_desk)["daily-morning"] is S.DONE)


async def test_the_first_on_a_sunday_is_held_on_the_second(tmp_path):
    async with desk(tmp_path / "j.db", ManualClock(jst(WEDNESDAY))) as duty_desk:
        february = duty_desk.duties.month(2026, 2)
        duty_days = {each.slot.duty: day.day for day in february for each in day.occurrences}
        assert duty_days["monthly-trail"] == duty_days["monthly-patches"] == date(2026, 2, 2)
        assert not february.days[0].is_open


async def test_duties_of_one_time_are_in_the_order_of_the_runbook(tmp_path):
    async with desk(tmp_path / "j.db", ManualClock(jst(WEDNESDAY))) as duty_desk:
        monday = duty_desk.duties.month(2026, 6).days[0]
        assert [each.slot.duty for each in monday.occurrences if each.slot.due_at.hour == 0] == [
            "daily-morning", "weekly-backup", "weekly-cost", "weekly-patches",
            "monthly-trail", "monthly-patches", "monthly-review",
        ]  # fmt: skip


async def test_monthly_duties_of_five_years_are_held_once_each_on_the_first_open_day(tmp_path):
    async with desk(tmp_path / "j.db", ManualClock(jst(WEDNESDAY))) as duty_desk:
        for number in range(60):
            month = duty_desk.duties.month(2026 + number // 12, number % 12 + 1)
            trail_days = [
                day for day in month for each in day.occurrences if each.slot.duty == "monthly-trail"
            ]
            assert [day.day for day in trail_days] == [next(day.day for day in month if day.is_open)]
            for day in month:
                assert day.is_open or all(each.slot.if_planned for each in day.occurrences)


async def test_a_duty_with_an_unknown_date_is_due_today_until_it_is_signed(tmp_path):
    unknown = BaseDate(
        anchor="access-key-disabled:ci-cd-user",
        id=RawId("AKIAOLD"),
        at=None,
        remark="since when is not known",
    )
    async with desk(tmp_path / "j.db", ManualClock(jst(WEDNESDAY)), base_dates=(unknown,)) as duty_desk:
        old = duty_desk.today("key-deletion")
        assert (old.state, old.slot.remark) == (S.DUE, "since when is not known")
        duty_desk.advance("2026-01-15 10:00")
        await duty_desk.until(lambda: duty_desk.view.today.day == date(2026, 1, 15))
        assert duty_desk.today("key-deletion").key == old.key
        await duty_desk.duties.sign(duty_desk.today("key-deletion"), "deleted")
        await duty_desk.until(lambda: "key-deletion" not in {each.slot.duty for each in duty_desk.view.open})
