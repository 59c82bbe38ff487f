import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.ledger.amounts import IS_FULL, amount
from tests.faults.ledger.machine import Machine


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr("services.journal.appending.FIRST", 0.0)
    monkeypatch.setattr("services.journal.appending.LONGEST", 0.0)


def run_machine(examples, steps):
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not IS_FULL,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_consoles_agree_with_the_model():
    run_machine(examples=3, steps=12)


@pytest.mark.slow
@pytest.mark.data
def test_consoles_agree_with_the_model_over_many_histories():
    run_machine(examples=amount(20, 400), steps=amount(40, 60))
