import random

import pytest

from tests.faults.ledger.amounts import amount
from tests.faults.ledger.engines import parameters, port_of, through
from tests.faults.ledger.figures import note
from tests.faults.ledger.race import Race, run
from tests.faults.ledger.test_ledger_races import assert_kept
from tests.faults.ledger.wire_proxy import AT_ANY_WIRE, WireFault, WireProxy
from tests.services.journal.ledgers.places import PLACES

pytestmark = [pytest.mark.slow, pytest.mark.data]
SHARES = {
    # A put takes several exchanges of PostgreSQL's protocol.
    True: dict.fromkeys(AT_ANY_WIRE, 0.02),
    False: dict.fromkeys(WireFault, 0.04),
}


@pytest.mark.parametrize("engine", parameters(tuple(PLACES)))
def test_nothing_is_lost_or_doubled_on_a_bad_wire(engine, engines, tmp_path, record_property):
    directly = engines.new(engine, tmp_path)
    is_database = engine == "postgresql"
    with WireProxy(
        port_of(directly), random.Random(engine), SHARES[is_database], is_http=not is_database
    ) as proxy:
        race = Race(
            through(directly, proxy.port), writers=amount(3, 6), steps=amount(15, 60), patience=20.0, is_cut=True
        )  # fmt: skip
        result = run(race, tmp_path, directly=directly)
    note(record_property, engine, f"{proxy.injected.total()} at the wire", race, result)
    assert proxy.injected.total()
    assert_kept(result)
