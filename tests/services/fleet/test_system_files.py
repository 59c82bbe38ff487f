from dataclasses import replace

import pytest

from services.alarms.beginning import begin
from services.fleet.fleet import Fleet
from services.fleet.watched import SystemEntry
from services.journal.place import JournalPlace
from services.models.fleet import Standing
from services.toml.files import DataFileError, Mistake
from tests.services.fleet.test_fleet import reached
from tests.tools.systems import entry_of, plan_of


@pytest.mark.parametrize("linked", [False, True])
async def test_two_systems_do_not_write_into_one_journal(embedded, tmp_path, linked):
    # The one by default, and the other because it is configured, or by a link.
    path = tmp_path / "facility.db"
    if linked:
        path = tmp_path / "link.db"
        path.symlink_to(tmp_path / "facility.db")

    def same():
        plan = plan_of("library", embedded.url, tmp_path)
        return replace(plan, journal=JournalPlace("library", path))

    entries = [entry_of("facility", embedded.url, tmp_path), SystemEntry("b.toml", same, "config.toml:9")]
    fleet = Fleet(entries, embedded.clock)
    fleet.begin()
    try:
        await reached(fleet, lambda: fleet.systems[0].state.alarms and fleet.systems[1].state.problem)
        second = fleet.systems[1]
        assert "config.toml:9" in second.state.problem
        assert str(path) in second.state.problem
        assert second.begun is None
        assert not await second.loaded()
        assert not fleet.systems[0].state.problem
    finally:
        await fleet.close()


async def test_files_that_change_after_the_start_do_not_stop_the_first_system(embedded, tmp_path):
    def wrong():
        raise DataFileError([Mistake("facility.toml", 3, "system.id", "a key is missing")])

    plan = plan_of("facility", embedded.url, tmp_path)
    fleet = Fleet(
        [SystemEntry("facility.toml", wrong), entry_of("library", embedded.url, tmp_path)], embedded.clock
    )
    first, second = fleet.systems
    first.adopt(plan, begin(plan.runbook, plan.settings, embedded.clock))
    fleet.show(first)
    fleet.begin()
    try:
        await reached(fleet, lambda: second.state.alarms)
        fleet.show(second)
        await reached(fleet, lambda: first.state.alarms and first.state.records)
        assert not first.state.problem
        assert await first.loaded()
    finally:
        await fleet.close()


async def test_an_internal_error_is_not_an_endless_wait(embedded, tmp_path):
    def wrong():
        raise OSError("no processes")

    faults: list[BaseException] = []
    entries = [SystemEntry("b.toml", wrong, ""), entry_of("facility", embedded.url, tmp_path)]
    fleet = Fleet(entries, embedded.clock)
    fleet.begin(faults.append)
    try:
        await reached(fleet, lambda: fleet.systems[1].state.alarms and fleet.systems[0].state.problem)
        assert fleet.systems[0].state.standing(embedded.clock.now()) is Standing.UNREAD
        assert not await fleet.systems[0].loaded()
        assert {str(fault) for fault in faults} == {"no processes"}
    finally:
        await fleet.close()
