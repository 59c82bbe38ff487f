"""A duty of several days: ticks recorded without signing it off, by one console or by several."""

import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import i18n
from services.clock import ManualClock
from services.duties.progress import progress_entry, progress_of
from services.duties.service import NotNow
from services.models.base import RawId
from services.models.duties import BaseDate, Occurrence, OccurrenceState, ProgressChange, ScheduledOccurrence
from services.models.journal import RESTRAINS_CHANGES, Entry, EntryKind, EntryQuery, Person
from services.runbook.loader import load_builtin
from tests.services.duties.duty_world import desk, jst

ROTATION = next(duty for duty in load_builtin("facility-prod").duties if duty.id == "key-rotation")
KEY = BaseDate(anchor="access-key:ci-cd-user", id=RawId("AKIA2TOBANDEMOCICD01"), at=jst("2025-10-20 10:00"))
"""Its rotation is due on 2026-01-16, a Friday."""
LINES = (
    "新しいアクセスキー作成",
    "GitHub Secretsを更新",
    "デプロイ動作確認",
    "古いアクセスキー無効化",
    "7日後、古いアクセスキー削除",
)


def rotation(console):
    return next(each for each in console.view.open if each.slot.duty == "key-rotation")


def tick(*lines, note=""):
    return ProgressChange(ticked=lines, note=note)


async def test_a_duty_that_was_begun_stays_open_until_it_is_signed_off(tmp_path):
    path, clock = tmp_path / "j.db", ManualClock(jst("2026-01-19 09:20"))
    async with desk(path, clock, began="2026-01-05 09:00", base_dates=(KEY,)) as console:
        await console.duties.record_progress(rotation(console), tick(LINES[0], note="作成のみ実施"))
        await console.until(lambda: rotation(console).underway)
        begun = rotation(console)
        assert begun in console.view.carried
        assert begun.state is OccurrenceState.LATE
        assert begun.progress.open_lines(LINES) == LINES[1:]
        (line,) = begun.progress.ticked
        assert (line.text, line.by, line.at) == (LINES[0], "alice", clock.now())
        assert [note.text for note in begun.progress.notes] == ["作成のみ実施"]

        signed = await console.duties.sign(begun, "", more={"checked": list(LINES)})
        assert (signed.underway, signed.state) == (False, OccurrenceState.DONE)
        assert signed.progress == begun.progress
        with pytest.raises(NotNow):
            await console.duties.record_progress(begun, tick(LINES[1]))


async def test_progress_survives_a_restart_and_weeks(tmp_path):
    path = tmp_path / "j.db"
    async with desk(
        path, ManualClock(jst("2026-01-19 09:20")), began="2026-01-05 09:00", base_dates=(KEY,)
    ) as before:
        await before.duties.record_progress(rotation(before), tick(LINES[0]))
    async with desk(path, ManualClock(jst("2026-03-19 09:20")), base_dates=(KEY,)) as after:
        assert rotation(after) in after.view.carried
        assert rotation(after).underway


async def test_two_consoles_add_to_each_others_ticks(tmp_path):
    path, clock = tmp_path / "j.db", ManualClock(jst("2026-01-19 09:20"))
    async with (
        desk(path, clock, user="alice", began="2026-01-05 09:00", base_dates=(KEY,)) as alice,
        desk(path, clock, user="bob", base_dates=(KEY,)) as bob,
    ):
        here, there = rotation(alice), rotation(bob)  # both dialogs open before either records
        await alice.duties.record_progress(here, tick(LINES[0], LINES[1]))
        await bob.duties.record_progress(
            there, ProgressChange(ticked=(LINES[2],), evidence={"minutes": "12"}, note="続きは午後")
        )
        await bob.duties.record_progress(there, ProgressChange(unticked=(LINES[1],)))
        for console in (alice, bob):
            await console.until(lambda console=console: _ticks(console) == {LINES[0], LINES[2]})
            progress = rotation(console).progress
            assert [line.by for line in progress.ticked] == ["alice", "bob"]
            assert progress.evidence == {"minutes": "12"}
            assert [note.by for note in progress.notes] == ["bob"]


def _ticks(console):
    progress = rotation(console).progress
    return {line.text for line in progress.ticked} if progress is not None else set()


async def test_consoles_in_different_languages_tick_the_same_lines(tmp_path):
    path, clock = tmp_path / "j.db", ManualClock(jst("2026-01-19 09:20"))
    async with desk(path, clock, began="2026-01-05 09:00", base_dates=(KEY,)) as console:
        begun = await console.duties.record_progress(rotation(console), tick(LINES[0], LINES[1]))
        i18n.use("en")
        try:
            english = ROTATION.asks
            assert english[0] != LINES[0]
            begun = console.duties.now(begun.slot)
            assert begun.progress.open_lines(english) == english[2:]
            begun = await console.duties.record_progress(
                begun, ProgressChange(ticked=(english[2],), unticked=(english[0],))
            )
        finally:
            i18n.use("ja")
        progress = console.duties.now(begun.slot).progress
        assert progress.open_lines(LINES) == (LINES[0], *LINES[3:])


@pytest.fixture(autouse=True)
def japanese():
    i18n.use("ja")
    yield
    i18n.use("en")


async def test_an_older_console_may_still_make_changes_on_the_journal(tmp_path):
    path, clock = tmp_path / "j.db", ManualClock(jst("2026-01-19 09:20"))
    async with desk(path, clock, began="2026-01-05 09:00", base_dates=(KEY,)) as console:
        await console.duties.record_progress(rotation(console), tick(LINES[0]))
        (entry,) = await console.journal.entries(EntryQuery(kinds=frozenset({EntryKind.PROGRESS})))
        assert entry.data[RESTRAINS_CHANGES] is False
        assert (entry.claim, entry.holds, entry.releases) == ("", "", "")
        assert entry.text.endswith("(1/5)")


_CHANGES = st.lists(
    st.tuples(st.sets(st.sampled_from(LINES)), st.sets(st.sampled_from(LINES)), st.sampled_from("ab")),
    min_size=1,
    max_size=6,
)


@given(_CHANGES, st.randoms())
def test_the_order_in_which_entries_become_known_does_not_matter(changes, random):
    entries = [
        _entry(
            seq,
            ProgressChange(
                ticked=tuple(ticked), unticked=tuple(unticked - ticked), evidence={"id": user}, note=user
            ),
            user,
        )
        for seq, (ticked, unticked, user) in enumerate(changes, 1)
    ]
    shuffled = list(entries)
    random.shuffle(shuffled)
    progress = progress_of(shuffled)
    assert progress == progress_of(entries)
    assert progress is not None
    expected: set[str] = set()
    for ticked, unticked, _user in changes:
        expected = expected - (unticked - ticked) | ticked
    assert {line.text for line in progress.ticked} == expected
    assert set(progress.open_lines(LINES)) == set(LINES) - expected


def _entry(seq, change, user):
    at = datetime.fromisoformat("2026-01-19T00:00:00+00:00")
    slot = ScheduledOccurrence(
        key="k", duty="key-rotation", title="t", nominal=(), day=at.date(), until=at.date(), due_at=at,
        late_at=at, missed_at=None, timed=False,
    )  # fmt: skip
    occurrence = Occurrence(slot=slot, state=OccurrenceState.DUE)
    draft = progress_entry(occurrence, ROTATION, change, at)
    return Entry.model_validate(
        {
            **draft.model_dump(exclude={"data"}), "seq": seq, "at": at, "person": Person(user=user),
            "body": json.dumps(draft.data), "previous": "", "hash": "",
        }
    )  # fmt: skip


def test_nothing_recorded_is_no_progress():
    assert progress_of(()) is None
