"""Several systems over HTTP: one that fails or hangs disturbs no other, and few requests are sent for each."""

import asyncio
import threading
from collections import Counter
from dataclasses import replace

import pytest

from services.aws.client.sdk.models import ModelFiles, shared_loader
from services.fleet.fleet import Fleet
from services.fleet.watched import SystemEntry, SystemPlan
from services.models.fleet import Standing
from services.models.journal import EntryKind, NewEntry
from services.toml.files import DataFileError, Mistake
from tests.services.fleet.test_system_records import write
from tests.tools.systems import beside, entry_of, plan_of, three
from widgets.fleet.rows import said_of


async def reached(fleet, condition):
    async with asyncio.timeout(60):
        async for _states in fleet.states():
            if condition():
                return


async def turns():
    for _turn in range(20):
        await asyncio.sleep(0.005)


async def lived(embedded, seconds):
    """The world lives on, and whoever was woken has read and sleeps again."""
    asleep = embedded.clock.sleepers
    embedded.advance(seconds)
    async with asyncio.timeout(60):
        while embedded.clock.sleepers < asleep:  # noqa: ASYNC110  the reads of several systems
            await asyncio.sleep(0.005)


def state(fleet, key):
    system = fleet.of(key)
    return system.state


def are_read(fleet, *keys):
    systems = [fleet.of(key) for key in keys]
    return all(each is not None and each.state.overview and each.state.records for each in systems)


async def test_one_that_fails_and_one_that_hangs_disturb_no_other(embedded, tmp_path):
    with three(embedded) as servers:
        servers["library"].fault("cloudwatch", preset="denied")
        with servers["school"].held("cloudwatch"), beside(embedded) as fourth:
            urls = {**{id: server.url for id, server in servers.items()}, "tax": fourth.url}
            fleet = Fleet([entry_of(id, url, tmp_path) for id, url in urls.items()], embedded.clock)
            fleet.begin()
            try:
                await reached(
                    fleet, lambda: are_read(fleet, "facility", "tax") and state(fleet, "library").alarms
                )
                now = embedded.clock.now()
                library = state(fleet, "library").alarms
                assert library.problem is not None
                assert state(fleet, "library").standing(now) is Standing.UNREAD
                assert state(fleet, "school").standing(now) is Standing.WAITING
                # Without a journal nothing is known of the duties: not green.
                assert state(fleet, "tax").standing(now) is Standing.WAITING
            finally:
                servers["school"].clear_faults()
                await fleet.close()


@pytest.mark.slow
async def test_few_requests_are_sent_for_a_system_that_is_not_on_screen(embedded, tmp_path):
    fleet = Fleet([entry_of("facility", embedded.url, tmp_path)], embedded.clock)
    fleet.begin()
    try:
        await reached(fleet, lambda: are_read(fleet, "facility"))
        most, before = 0, sum(embedded.counts().values())
        assert before <= 3
        for _minute in range(6):
            for _part in range(6):
                await lived(embedded, 10)
            sent = sum(embedded.counts().values())
            most, before = max(most, sent - before), sent
        assert 1 <= most <= 3
        assert {name.partition(".")[0] for name in embedded.counts()} == {"cloudwatch"}
    finally:
        await fleet.close()


@pytest.mark.slow
@pytest.mark.parametrize("fails", [False, True])
async def test_few_requests_are_sent_however_often_they_are_asked_for(embedded, tmp_path, fails):
    if fails:
        embedded.fault("cloudwatch", preset="denied")
    fleet = Fleet([entry_of("facility", embedded.url, tmp_path)], embedded.clock)
    fleet.begin()
    try:
        await reached(fleet, lambda: state(fleet, "facility").alarms and state(fleet, "facility").records)
        for _minute in range(3):
            before = sum(embedded.counts().values())
            for _part in range(30):
                fleet.refresh()
                embedded.advance(2)
                await turns()
            assert 1 <= sum(embedded.counts().values()) - before <= 3
    finally:
        await fleet.close()


async def test_files_that_were_mended_are_read_again_on_request(embedded, tmp_path):
    mistakes = [DataFileError([Mistake("b.toml", 3, "system.id", "a key is missing")])]

    def load():
        if mistakes:
            raise mistakes[0]
        return plan_of("facility", embedded.url, tmp_path)

    fleet = Fleet([SystemEntry("b.toml", load)], embedded.clock)
    fleet.begin()
    try:
        await reached(fleet, lambda: fleet.systems[0].state.problem)
        await turns()
        mistakes.clear()
        fleet.refresh()
        await reached(fleet, lambda: are_read(fleet, "facility"))
        assert not fleet.systems[0].state.problem
    finally:
        await fleet.close()


async def test_a_reading_of_many_requests_is_made_seldom(embedded, tmp_path):
    fleet = Fleet([entry_of("facility", embedded.url, tmp_path)], embedded.clock)
    fleet.begin()
    try:
        await reached(fleet, lambda: are_read(fleet, "facility"))
        system = fleet.systems[0]
        watch, meter = system.begun.alarm_watch, system.begun.meter
        whole = watch.read

        async def of_many_requests():
            # As if the account had so many alarms that a reading takes eight requests.
            for _request in range(7):
                meter.count("cloudwatch", "DescribeAlarms")
            return await whole()

        watch.read = of_many_requests
        read = system.begun.alarms.state
        system.begun.alarms.refresh()
        await reached(fleet, lambda: system.begun is not None and system.begun.alarms.state is not read)
        await turns()
        assert system.begun.alarms.interval == 180.0
    finally:
        await fleet.close()


async def test_files_that_cannot_be_used_concern_one_system_alone(embedded, tmp_path):
    def wrong():
        raise DataFileError([Mistake("b.toml", 3, "system.id", "a key is missing")])

    hung, hanging = threading.Event(), threading.Event()

    def hang():
        hanging.set()
        hung.wait(60)
        raise DataFileError([])

    entries = [
        SystemEntry("hung.toml", hang),
        SystemEntry("b.toml", wrong),
        SystemEntry(
            "copy.toml", lambda: plan_of("facility", embedded.url, tmp_path), "c.toml:9: systems[2].runbook"
        ),
        SystemEntry(
            "again.toml", lambda: plan_of("facility", embedded.url, tmp_path), "c.toml:12: systems[3].runbook"
        ),
    ]
    fleet = Fleet(entries, embedded.clock)
    fleet.begin()
    try:
        await reached(fleet, lambda: are_read(fleet, "facility") and state(fleet, "again.toml").problem)
        assert hanging.is_set()
        now = embedded.clock.now()
        assert [each.standing(now) for each in fleet.states_now] == [
            Standing.WAITING,
            Standing.UNREAD,
            Standing.WAITING,
            Standing.UNREAD,
        ]
        assert "b.toml:3: system.id" in state(fleet, "b.toml").problem
        assert "c.toml:12: systems[3].runbook" in state(fleet, "again.toml").problem
    finally:
        hung.set()
        await fleet.close()


async def test_another_account_is_never_taken_for_the_system(embedded, tmp_path):
    def plan():
        right = plan_of("facility", embedded.url, tmp_path)
        system = right.runbook.system.model_copy(update={"account": "999999999999"})
        book = right.runbook.model_copy(update={"system": system})
        return SystemPlan(book, right.settings, right.journal, right.intervals)

    fleet = Fleet([SystemEntry("facility", plan)], embedded.clock)
    fleet.begin()
    try:
        await reached(fleet, lambda: state(fleet, "facility").problem)
        assert "123456789012" in state(fleet, "facility").problem
        assert "999999999999" in state(fleet, "facility").problem
        assert state(fleet, "facility").overview is None
        assert state(fleet, "facility").standing(embedded.clock.now()) is Standing.UNREAD
    finally:
        await fleet.close()


async def test_an_account_without_alarms_is_not_green(embedded, tmp_path):
    def plan():
        right = plan_of("facility", embedded.url, tmp_path)
        return replace(right, runbook=right.runbook.model_copy(update={"alarms": ()}))

    with embedded.world.lock:
        embedded.world.alarms.alarms.clear()
    write(tmp_path / "facility.db", NewEntry(kind=EntryKind.STARTED, text="started"))
    fleet = Fleet([SystemEntry("facility", plan)], embedded.clock)
    fleet.begin()
    try:
        await reached(fleet, lambda: are_read(fleet, "facility"))
        now = embedded.clock.now()
        assert state(fleet, "facility").standing(now) is Standing.ATTENTION
        assert any("AWS lists no alarm" in text for text in said_of(state(fleet, "facility"), now))
    finally:
        await fleet.close()


async def test_what_is_not_read_any_more_is_stale_and_not_green(embedded, tmp_path):
    fleet = Fleet([entry_of("facility", embedded.url, tmp_path)], embedded.clock)
    fleet.begin()
    try:
        await reached(fleet, lambda: are_read(fleet, "facility"))
        with embedded.held("cloudwatch"):
            embedded.advance(300)
            await turns()
            assert state(fleet, "facility").standing(embedded.clock.now()) is Standing.STALE
    finally:
        await fleet.close()


@pytest.mark.slow
async def test_fifty_systems_share_what_the_sdk_has_loaded(embedded, tmp_path, monkeypatch):
    decoded = Counter[str]()
    load_file = ModelFiles.load_file

    def counted(files, path):
        content = load_file(files, path)
        decoded[path] += content is not None
        return content

    monkeypatch.setattr(ModelFiles, "load_file", counted)
    shared_loader.cache_clear()
    entries = [entry_of(f"system-{number}", embedded.url, tmp_path) for number in range(50)]
    fleet = Fleet(entries, embedded.clock)
    fleet.begin()
    try:
        await reached(fleet, lambda: are_read(fleet, *(entry.name for entry in entries)))
        assert max(decoded.values()) == 1
        sessions = [system.begun.session for system in fleet.systems if system.begun is not None]
        assert len(sessions) == 50
        assert sum(embedded.counts().values()) <= 3 * 50
    finally:
        await fleet.close()


async def test_requests_for_a_change_in_flight_do_not_slow_the_alarms(embedded, tmp_path):
    fleet = Fleet([entry_of("facility", embedded.url, tmp_path)], embedded.clock)
    fleet.begin()
    try:
        await reached(fleet, lambda: are_read(fleet, "facility"))
        (system,) = fleet.systems
        assert system.begun is not None
        for _minute in range(3):
            before = embedded.counts()["cloudwatch.DescribeAlarms"]
            for _request in range(30):
                system.begun.meter.count("ecs", "DescribeServices")
            for _part in range(8):
                await lived(embedded, 10)
            assert embedded.counts()["cloudwatch.DescribeAlarms"] > before
        assert system.begun.alarms.interval == 60
    finally:
        await fleet.close()
