"""Changes of which only some steps were done, in reports: counted, listed, leading, with their way back."""

from collections.abc import Callable

import pytest

from services import i18n
from services.changes import entries as change_entries
from services.models.change_runs import StepState
from services.models.changes import Plan
from services.models.verdict import Verdict
from services.report.rendering.dispatch import document
from services.report.rendering.document import Table
from services.report.rendering.markdown import to_markdown
from tests.services.report.ledger import Ledger
from tests.services.report.test_report_approvals import month, year
from tests.services.report.test_report_day import day, moment, plan

SUNDAY = "2026-01-04"  # A day without duties and inspections
BACK = moment("2026-01-07 17:00")


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "j.db")
    ledger.began(f"{SUNDAY} 08:00")
    return ledger


def two_steps(id="p1", **changed):
    """A raised limit whose second step lets AWS revert it."""
    one = plan()
    (first,) = one.steps
    second = first.model_copy(update={"id": "schedule", "title": "Schedule the revert"})
    revert = one.revert
    given = {
        "id": id,
        "steps": (first, second),
        "approval": "",
        "revert": revert.model_copy(update={"way": "aws"}),
    }
    return one.model_copy(update=given | changed)


def begun(ledger, at, change):
    step = change.steps[0]
    ledger.write(at, change_entries.confirmed(change))
    ledger.write(at, change_entries.intent(change, step))
    ledger.write(at, change_entries.outcome(change, step, StepState.DONE, "Maximum 10.", True))


def killed(ledger, at, change):
    """The console is killed before the second step."""
    begun(ledger, at, change)


def disarmed(ledger, at, change):
    """F9 is pressed before the second step."""
    begun(ledger, at, change)
    step = change.steps[1]
    ledger.write(at, change_entries.intent(change, step))
    ledger.write(at, change_entries.outcome(change, step, StepState.REFUSED, "The console is read-only."))


def failed(ledger, at, change):
    """AWS refuses the second step."""
    begun(ledger, at, change)
    step = change.steps[1]
    ledger.write(at, change_entries.intent(change, step))
    ledger.write(at, change_entries.outcome(change, step, StepState.FAILED, "AccessDenied."))


Stop = Callable[[Ledger, str, Plan], None]


def sunday(ledger):
    return day(ledger, of=SUNDAY)


@pytest.mark.parametrize("make", [sunday, month, year])
@pytest.mark.parametrize("stop", [killed, disarmed, failed])
def test_it_is_counted_as_partly_done_and_needs_a_look(ledger, stop, make):
    stop(ledger, f"{SUNDAY} 10:00", two_steps())
    report = make(ledger)
    (line,) = report.changes
    assert line.partly_done == 1
    assert report.measured is Verdict.ATTENTION
    assert "a change was only partly done: Task limit (staff-api)" in report.why
    whole = document(report)
    counts = repr(whole.summary)
    assert "▲ partly done 1" in counts
    assert "stopped before sending" not in counts
    text = to_markdown(report)
    assert "Nothing was due" not in text
    assert "▲ partly done: the steps before 2 took effect" in text


def test_it_leads_the_first_page(ledger):
    begun(ledger, "2026-01-06 09:00", two_steps("p0", steps=two_steps().steps[:1]))
    disarmed(ledger, "2026-01-06 10:00", two_steps())
    first = document(day(ledger)).sections[0]
    assert first.title.startswith("Changes made")
    table = first.blocks[0]
    assert isinstance(table, Table)
    assert "partly done" in repr(table.lines[0].cells)
    assert table.lines[0].tone is Verdict.ATTENTION


def test_its_revert_by_a_person_is_listed(ledger):
    disarmed(ledger, f"{SUNDAY} 10:00", two_steps())
    report = sunday(ledger)
    (line,) = report.changes
    assert (line.revert_at, line.revert, line.revert_pending) == (BACK, "back to 5", True)
    assert "revert: back to 5" in to_markdown(report)
    assert "AWS will NOT revert it" in to_markdown(report)


def test_a_change_that_was_stopped_before_anything_is_not_left_out_of_an_empty_day(ledger):
    ledger.write(f"{SUNDAY} 10:00", change_entries.refused(two_steps(), "The plan has expired."))
    report = sunday(ledger)
    assert (report.verdict, report.changes[0].partly_done) == (None, 0)
    assert "stopped before sending 1" in repr(document(report).summary)


def test_a_first_step_that_failed_leaves_nothing_to_revert(ledger):
    change = two_steps()
    ledger.write(f"{SUNDAY} 10:00", change_entries.confirmed(change))
    ledger.write(f"{SUNDAY} 10:00", change_entries.intent(change, change.steps[0]))
    outcome = change_entries.outcome(change, change.steps[0], StepState.FAILED, "AccessDenied.")
    ledger.write(f"{SUNDAY} 10:00", outcome)
    (line,) = sunday(ledger).changes
    assert (line.partly_done, line.revert_pending) == (0, False)
    assert "revert:" not in to_markdown(sunday(ledger))


def test_a_revert_that_was_made_or_signed_off_is_not_still_to_come(ledger):
    change = two_steps()
    begun(ledger, f"{SUNDAY} 10:00", change)
    second = change.steps[1]
    ledger.write(f"{SUNDAY} 10:00", change_entries.intent(change, second))
    ledger.write(
        f"{SUNDAY} 10:00", change_entries.outcome(change, second, StepState.DONE, "Scheduled.", True)
    )
    (line,) = sunday(ledger).changes
    assert line.revert_pending
    back = two_steps("p2", steps=change.steps[:1], revert=None, wish={"max": "5"})
    begun(ledger, f"{SUNDAY} 12:00", back)
    assert [each.revert_pending for each in sunday(ledger).changes] == [False, False]
    assert "revert:" not in to_markdown(sunday(ledger))
    at_eleven = ledger.report(SUNDAY, f"{SUNDAY} 11:00")
    assert [each.revert_pending for each in at_eleven.changes] == [True], (
        "a report of that time says so still"
    )


def test_a_revert_that_was_signed_off_is_over(ledger):
    disarmed(ledger, f"{SUNDAY} 10:00", two_steps())
    ledger.sign(f"{SUNDAY} 15:00", "revert@p1", "upcoming")
    (line,) = sunday(ledger).changes
    assert not line.revert_pending


def test_in_japanese(ledger):
    disarmed(ledger, f"{SUNDAY} 10:00", two_steps())
    i18n.use("ja")
    text = to_markdown(sunday(ledger)).replace("\\", "")
    assert "▲ 一部完了" in text
