from services.contacts import escalation, reachable, undecided
from services.models.runbook import Approver, Contact
from services.runbook.loader import load_builtin

RUNBOOK = load_builtin("facility-prod")


def test_contacts_are_listed_by_purpose_with_undecided_ones():
    by_role = {each.role: each for each in reachable(RUNBOOK)}
    assert by_role["AWS Support"].reach == "AWS console"
    assert by_role["Development team"].undecided
    assert by_role["Development team"].scope == "Application errors"
    assert by_role["PM (project manager)"].kind == "approver"
    assert [each.role for each in undecided(RUNBOOK)] == [
        "Operator on duty", "System administrator", "Development team", "PM (project manager)"
    ]  # fmt: skip


def test_escalation_says_that_nothing_was_decided():
    assert escalation(RUNBOOK, "AWS Support") == "AWS Support: AWS console"
    assert "UNDECIDED" in escalation(RUNBOOK, "Development team")
    assert "no contact for that role" in escalation(RUNBOOK, "社長")
    assert escalation(RUNBOOK, "") == ""


def test_an_approver_with_a_number_is_reached_by_it():
    runbook = RUNBOOK.model_copy(
        update={
            "contacts": (Contact(role="PM", contact="内線 1234"),),
            "approvers": (Approver(role="PM", name="鈴木"),),
        }
    )
    assert escalation(runbook, "PM") == "PM: 内線 1234"
    assert escalation(runbook.model_copy(update={"contacts": ()}), "PM") == "PM: 鈴木"
