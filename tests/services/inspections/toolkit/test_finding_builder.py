"""What a finding is made of: its verdict, what is left out of it, and in which order the rest stands."""

from datetime import timedelta

import pytest

from services.aws.client.errors import Unreachable
from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.inspections.base import Inspection, InspectionContext, InspectionRequest, table
from services.inspections.toolkit.checks import CheckRow
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.models.base import RawId
from services.models.findings import InspectionInfo, Measure
from services.models.problem import Problem, ProblemKind
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.conftest import ORIGIN
from tests.services.aws.canned import Canned

BOOK = load_builtin("facility-prod")
REQUEST = InspectionRequest(since=ORIGIN - timedelta(hours=1), until=ORIGIN, gap="covers a closed day")


class Idle(Inspection):
    async def run(self, request):
        raise NotImplementedError


@pytest.fixture
def builder():
    context = InspectionContext(
        runbook=BOOK,
        calendar=Calendar(BOOK),
        clock=ManualClock(ORIGIN),
        region="ap-northeast-1",
        reader=Canned(),
    )
    return FindingBuilder(Idle(context, InspectionInfo(id=RawId("idle"), title="Idle")), REQUEST)


def measure(verdict, title="a"):
    return Measure(title=title, shown="1", verdict=verdict)


def failure(summary, remedy=""):
    problem = Problem(kind=ProblemKind.UNREACHABLE, summary=summary, remedy=remedy, at=ORIGIN)
    return Unreachable(problem)


def test_nothing_judged_is_not_normal(builder):
    builder.measure(measure(None))
    assert builder.finding("").verdict is Verdict.UNKNOWN


def test_the_verdict_is_the_worst_that_is_known(builder):
    builder.measure(measure(Verdict.NORMAL))
    builder.unjudged("b")
    assert (builder.finding("").verdict, builder.finding("").complete) == (Verdict.UNKNOWN, False)
    builder.measure(measure(Verdict.ATTENTION))
    assert (builder.finding("").verdict, builder.finding("").complete) == (Verdict.ATTENTION, False)


def test_a_normal_finding_needs_no_advice(builder):
    builder.measure(measure(Verdict.NORMAL))
    assert builder.finding("", advice=("call somebody",)).advice == ()
    builder.measure(measure(Verdict.ATTENTION))
    assert builder.finding("", advice=("call somebody", "call somebody")).advice == ("call somebody",)


def test_what_helps_with_the_first_problem_is_advice(builder):
    first = failure("no answer.", remedy="Check the network.")
    builder.unread(first, "The events cannot be read.")
    builder.unread(failure("no answer either.", remedy="Check it again."), "The snapshots cannot be read.")
    finding = builder.finding("", advice=("wait",))
    assert finding.problem == first.problem
    assert finding.advice == ("wait", "Check the network.")
    assert finding.remarks[0].startswith("The events cannot be read. no answer.")
    assert len(finding.remarks) == 2


def test_empty_tables_and_remarks_are_omitted_and_order_is_kept(builder):
    def one(title):
        builder.table(table(title, ("a",), [("1",)]))

    empty = table("empty", ("a",), [])
    one("second")
    builder.table(empty)
    builder.table(empty.model_copy(update={"title": "wanted"}), keep_empty=True)
    builder.table(table("first", ("a",), [("1",)]), empty, first=True)
    builder.remark("b", "", "c")
    builder.remark("a", first=True)
    finding = builder.finding("")
    assert [str(each.title) for each in finding.evidence] == ["first", "second", "wanted"]
    assert finding.remarks == ("a", "b", "c")


def test_checks_say_what_is_wrong_the_worst_first(builder):
    builder.check(
        CheckRow(measure(Verdict.NORMAL), "never said", ("never advised",)),
        CheckRow(measure(Verdict.UNKNOWN), "Not read."),
        CheckRow(measure(Verdict.ABNORMAL), "Broken.", ("Repair it.",)),
        CheckRow(measure(None), "for information"),
    )
    finding = builder.finding_of_checks("all well", advice=("Tell somebody.",))
    assert finding.summary == "Broken. Not read."
    assert finding.advice == ("Repair it.", "Tell somebody.")
    assert len(finding.measures) == 4


def test_checks_without_anything_wrong_say_so(builder):
    builder.check(CheckRow(measure(Verdict.NORMAL), "never said"))
    assert builder.finding_of_checks("all well").summary == "all well"


def test_a_finding_of_the_present_names_no_window(builder):
    assert builder.finding("").window == REQUEST.span
    assert builder.finding("").gap == REQUEST.gap
    builder.windowed = False
    assert builder.finding("").window is None
    assert builder.finding("").gap == ""
