import pytest

from services import i18n
from services.models.journal import EntryKind
from services.runbook.loader import load_builtin
from tests.services.report.ledger import Ledger

ROTATION = next(duty for duty in load_builtin("facility-prod").duties if duty.id == "key-rotation")
KEY = "key-rotation:AKIAOLD@2026-01-06"


@pytest.mark.parametrize("recorded_in", i18n.LANGUAGES)
@pytest.mark.parametrize("reported_in", i18n.LANGUAGES)
def test_a_tick_counts_whatever_the_language_in_which_it_was_set(recorded_in, reported_in, tmp_path):
    i18n.use(recorded_in)
    ledger = Ledger(tmp_path / "j.db")
    ledger.began("2026-01-06 08:00")
    ledger.entry("2026-01-06 08:30", EntryKind.LOOKING, subject=KEY, target=ROTATION.id)
    ledger.sign("2026-01-06 09:05", KEY, checked=list(ROTATION.asks[:2]), note="x")
    i18n.use(reported_in)
    report = ledger.report("2026-01-06", "2026-01-07 09:00")
    (line,) = [each for each in report.duties if each.key == KEY]
    assert line.unchecked == ROTATION.asks[2:]
    assert len(line.checked) == 2
