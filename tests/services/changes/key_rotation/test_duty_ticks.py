import pytest

from services import i18n
from services.demo.names import USER_KEY
from services.models.duties import OccurrenceState
from services.models.journal import EntryKind, EntryQuery
from services.report.make import make
from services.report.periods import read_period
from services.runbook.loader import load_builtin
from tests.services.changes.key_rotation.rotation_world import DAY, TEST_RUN, account, desk

pytestmark = pytest.mark.scenario(account())


async def ticked(console, duty="key-rotation"):
    services = console.services
    feed = services.feeds["base_dates"]
    states = feed.states()
    feed.refresh()
    await anext(states)
    await states.aclose()
    await services.duties._read()
    await services.duty_ticks.check()
    (occurrence,) = [
        each for each in await services.duties.dated_by_resource(duty) if f":{USER_KEY}@" in each.key
    ]
    return occurrence, len(occurrence.progress.ticked) if occurrence.progress else 0


@pytest.mark.slow
async def test_the_lines_are_ticked_one_after_the_other_over_days_and_consoles(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with desk(embedded, path) as console:
        assert (await ticked(console))[1] == 0
        await console.take("create")
        assert (await ticked(console))[1] == 1
        await console.take("github")
        assert (await ticked(console))[1] == 2
        embedded.advance(TEST_RUN)
        occurrence, count = await ticked(console)
        assert count == 3
        proof = occurrence.progress.ticked[2].proof
        assert "GitHub: run #6" in proof
        assert "AWS: used" in proof
        await console.take("deactivate")
        assert (await ticked(console))[1] == 4
    embedded.advance(6 * DAY)
    async with desk(embedded, path) as console:
        occurrence, count = await ticked(console)
        assert (count, occurrence.underway) == (4, True)
        assert occurrence.state in (OccurrenceState.DUE, OccurrenceState.UPCOMING), (
            "it waits, and is not late"
        )
        deletion, _count = await ticked(console, "key-deletion")
        assert deletion.slot.day >= embedded.clock.now().date()
        embedded.advance(DAY)
        await console.take("delete")
        occurrence, count = await ticked(console)
        assert count == 5
        assert (await ticked(console, "key-deletion"))[1] == 1
        assert console.services.duties.signable(occurrence.slot)
        await console.services.duties.sign(occurrence, "done")
        services = console.services
        feed = services.feeds["base_dates"]
        states = feed.states()
        await anext(states)
        await states.aclose()
        keys = {
            each.key.split(":")[1].split("@")[0]
            for each in await services.duties.dated_by_resource("key-rotation")
        }
        assert keys == {console.new.id}, "the next rotation counts from the new key"


async def test_the_days_report_does_not_call_a_rotation_late_that_waits_for_the_deletion(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with desk(embedded, path) as console:
        for step in ("create", "github", "deactivate"):
            await console.take(step)
            embedded.advance(TEST_RUN)
            await ticked(console)
    embedded.advance(5 * DAY)
    now = embedded.clock.now()
    period = read_period(now.date().isoformat())
    assert period is not None
    report = make(path, load_builtin("facility-prod"), period, now)
    (line,) = [each for each in (*report.earlier, *report.duties) if each.duty == "key-rotation"]
    assert line.underway
    assert line.state is not OccurrenceState.LATE


async def test_what_was_done_elsewhere_is_ticked_too(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as console:
        store, github = embedded.world.keys, console.github
        key = store.create("ci-cd-user", embedded.clock.now())
        for name, value in (("AWS_ACCESS_KEY_ID", key.id), ("AWS_SECRET_ACCESS_KEY", key.secret)):
            github.put("repos/facility-city/staff-api/actions", name, value, embedded.clock.now())
        embedded.advance(TEST_RUN)
        assert (await ticked(console))[1] == 3
        console.keys[USER_KEY].active = False
        assert (await ticked(console))[1] == 4
        store.remove(USER_KEY)
        assert (await ticked(console))[1] == 5


async def test_two_consoles_tick_a_line_once_and_in_the_runbooks_language(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with desk(embedded, path) as one, desk(embedded, path) as two:
        await one.take("create")
        await ticked(one)
        i18n.use("ja")
        try:
            assert (await ticked(two))[1] == 1
        finally:
            i18n.use("en")
        entries = await one.services.journal.entries(EntryQuery(kinds=frozenset({EntryKind.PROGRESS})))
        assert len(entries) == 1
        assert entries[0].data["ticked"] == ["新しいアクセスキー作成"]
        assert list(entries[0].data["proofs"]) == ["新しいアクセスキー作成"]


async def test_nothing_but_the_keys_is_read_while_no_rotation_is_under_way(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as console:
        await ticked(console)
        assert not any(name.startswith("github.") for name in embedded.counts())
