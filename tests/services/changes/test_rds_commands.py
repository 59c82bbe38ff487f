import pytest

from services.changes.rds_class.state import ClassState
from services.changes.rds_storage.parameters import StorageState
from services.models.rds import OrderableClass, SizeRange, StorageOption
from tests.services.changes.rds_states import ARN, change, patch, read_state

GP3 = StorageOption(storage_type="gp3", sizes=(SizeRange(first=20, last=65536),))
LARGER = ClassState(read_state(), (OrderableClass(name="db.t4g.large", multi_az=True),))
DATABASE = "--db-instance-identifier facility-prod-db"


def commands(kind, *state, **parameters):
    subject = change(kind)
    (target,) = subject.targets()
    plan = subject.plan_on(target, parameters, *state, "0plan")
    assert plan.refusals == ()
    return list(subject.cli_commands(plan))


@pytest.mark.parametrize(
    ("kind", "state", "parameters", "sent"),
    [
        (
            "rds-class", (LARGER, (None, None)), {},
            f"modify-db-instance --no-apply-immediately --db-instance-class db.t4g.large {DATABASE}",
        ),
        (
            "rds-storage", (StorageState(read_state(), (GP3,)), None), {},
            f"modify-db-instance --allocated-storage 200 --apply-immediately {DATABASE}",
        ),
        (
            "rds-maintenance", (read_state(actions=(patch(),)),), {"timing": "now"},
            "apply-pending-maintenance-action --apply-action system-update --opt-in-type immediate "
            f"--resource-identifier {ARN}",
        ),
        (
            "rds-snapshot", (read_state(),), {},
            f"create-db-snapshot {DATABASE} --db-snapshot-identifier facility-prod-db-toban-0plan",
        ),
    ],
)  # fmt: skip
def test_the_request_and_then_what_it_leads_to(kind, state, parameters, sent):
    request, *reads = commands(kind, *state, **parameters)
    assert " ".join([request.verb, *request.arguments]) == sent
    assert (request.service, request.writes) == ("rds", True)
    assert reads
    assert not any(read.writes for read in reads)
    if kind in ("rds-class", "rds-storage"):
        assert "false” is rejected" in " ".join(request.traps)
        assert "AllocatedStorage" in str(reads[0].query)
