import pytest

from services import i18n
from services.demo.launch import scenarios
from services.runbook.loader import load_builtin
from tui.start_options import MOST_SYSTEMS
from tui.startup.demo_systems import runbook_of
from tui.startup.further_systems import further_systems

SYSTEMS = further_systems(MOST_SYSTEMS - 1)


def test_there_are_enough_and_each_is_of_its_own():
    assert len(SYSTEMS) == MOST_SYSTEMS - 1
    for values in zip(*((each.name, each.account, each.title, each.en) for each in SYSTEMS), strict=True):
        assert len(set(values)) == len(SYSTEMS)
    shipped = load_builtin("facility-prod").system
    assert shipped.id not in {each.id for each in SYSTEMS}
    assert shipped.account not in {each.account for each in SYSTEMS}
    assert {each.scenario for each in SYSTEMS} <= {each.name for each in scenarios()}


def test_one_of_the_first_three_fails():
    assert "throttled" in {each.scenario for each in SYSTEMS[:2]}


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_runbook_is_the_shipped_one_under_other_names(system, language):
    i18n.use(language)
    runbook = runbook_of(system)
    assert (runbook.system.id, runbook.system.account) == (f"{system.name}-prod", system.account)
    assert runbook.system.versions("title") == (system.title, system.en)
    assert runbook.rds.instance == f"{system.name}-prod-db"
    shipped = load_builtin("facility-prod")
    assert len(runbook.duties) == len(shipped.duties)
    text = repr(runbook)
    assert "facility" not in text
    assert shipped.system.account not in text
