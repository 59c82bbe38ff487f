import pytest

from tests.faults.ledger.amounts import IS_FULL, amount
from tests.faults.ledger.engines import ALL, FIRST, SHARED, parameters
from tests.faults.ledger.faulty_ledger import INJECTED, KILLS
from tests.faults.ledger.figures import note
from tests.faults.ledger.race import Race, run
from tests.services.journal.ledgers.places import PostgresqlPlace

pytestmark = [pytest.mark.slow, pytest.mark.data]
SHARE = 0.2  # Of the requests that meet a fault
OF_EACH = dict.fromkeys(INJECTED, 0.05)


def assert_kept(result):
    findings = result.findings
    assert findings.counts == (0, 0, 0, 0), findings
    assert set(result.statuses) == {0}
    assert findings.acknowledged


@pytest.mark.parametrize("fault", INJECTED)
@pytest.mark.parametrize("engine", parameters(SHARED if IS_FULL else FIRST))
def test_nothing_is_lost_or_doubled_under_a_fault(engine, fault, engines, tmp_path, record_property):
    race = Race(
        engines.new(engine, tmp_path),
        writers=amount(3, 6),
        steps=amount(12, 60),
        shares={fault: SHARE},
        seed=INJECTED.index(fault),
    )
    result = run(race, tmp_path)
    note(record_property, engine, fault, race, result)
    assert_kept(result)


@pytest.mark.parametrize("engine", parameters(ALL))
def test_nothing_acknowledged_is_lost_when_writers_are_killed(engine, engines, tmp_path, record_property):
    is_file = engine == "sqlite"
    race = Race(
        engines.new(engine, tmp_path),
        writers=amount(3, 6),
        kills=amount(10, 500),
        shares={} if is_file else OF_EACH | dict.fromkeys(KILLS, 0.02),
        seed=8,
    )
    result = run(race, tmp_path)
    note(record_property, engine, "writers killed" if is_file else "all, writers killed", race, result)
    assert result.kills >= race.kills
    assert_kept(result)


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(tmp_path, record_property):
    place = PostgresqlPlace()
    with place.stack:
        stops = amount(3, 20)
        restarts = 0

        def restart(_kills):
            nonlocal restarts
            place.server.restart()
            restarts += 1

        race = Race(
            f"killed {place.address}",
            writers=amount(4, 8),
            kills=stops,
            seed=9,
            patience=8.0,
            after_kill=restart,
        )
        result = run(race, tmp_path)
    note(record_property, "postgresql", f"server killed {restarts} times", race, result)
    assert restarts == stops
    assert_kept(result)


def test_the_harness_sees_a_put_without_the_condition(engines, tmp_path, record_property):
    race = Race(engines.new("control", tmp_path), writers=4, steps=60)
    result = run(race, tmp_path)
    note(record_property, "control", "put without the condition", race, result)
    missing, _twice, forks, _wrong = result.findings.counts
    assert missing
    assert forks
