from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.models.findings import DutyFindings, Finding, Measure, Recorded
from services.models.verdict import DISPLAY_ORDER, Verdict, judgement, tally, worst

BAD = (Verdict.ABNORMAL, Verdict.ATTENTION)
VERDICTS = st.lists(st.sampled_from([*Verdict, None]), max_size=8)
MEASURED = st.lists(st.lists(st.sampled_from([*Verdict, None]), min_size=1, max_size=5), max_size=4)


def finding(verdicts):
    """A finding whose verdict is the worst of its measures, as inspections build it."""
    return Finding(
        inspection="alarms",
        title="t",
        verdict=worst(verdicts) or Verdict.UNKNOWN,
        summary="s",
        measures=tuple(Measure(title="m", shown="1", verdict=verdict) for verdict in verdicts),
        read_at=datetime(2026, 1, 19, tzinfo=UTC),
    )


def duty(findings):
    recorded = tuple(
        Recorded(seq=n, by="a", finding=each.model_copy(update={"inspection": str(n)}))
        for n, each in enumerate(findings)
    )
    return DutyFindings(key="k", expected=tuple(str(n) for n in range(len(findings))), recorded=recorded)


@given(VERDICTS)
def test_what_is_known_to_be_bad_decides(verdicts):
    first, one = worst(verdicts), judgement(verdicts)
    bad_one = next((bad for bad in BAD if bad in verdicts), None)
    rest = Verdict.UNKNOWN if Verdict.UNKNOWN in verdicts else Verdict.NORMAL if any(verdicts) else None
    assert first is (bad_one or rest)
    assert one["verdict"] is (first or Verdict.UNKNOWN)
    assert one["partial"] == (bad_one is not None and Verdict.UNKNOWN in verdicts)


@given(VERDICTS)
def test_every_verdict_but_normal_is_counted_in_the_order_of_display(verdicts):
    counts = tally(verdicts)
    assert [verdict for verdict, _count in counts] == [
        each for each in DISPLAY_ORDER if each in verdicts and each is not Verdict.NORMAL
    ]
    assert dict(counts) == {verdict: verdicts.count(verdict) for verdict, _count in counts}


@given(MEASURED)
def test_a_duty_leads_with_the_worst_that_any_of_its_parts_measured(parts):
    findings = duty([finding(each) for each in parts])
    every = [verdict for part in parts for verdict in part]
    bad = next((each for each in BAD if each in every), None)
    if bad is not None:
        assert findings.verdict is bad
        assert dict(findings.tally)[bad] >= 1
    # What could not be judged is always counted beside it.
    unjudged = [part for part in parts if Verdict.UNKNOWN in part or all(each is None for each in part)]
    assert dict(findings.tally).get(Verdict.UNKNOWN, 0) == len(unjudged)


@given(MEASURED)
def test_nothing_unsure_is_normal(parts):
    findings = duty([finding(each) for each in parts])
    if findings.verdict is Verdict.NORMAL:
        assert all(Verdict.NORMAL in part for part in parts)
        assert {verdict for part in parts for verdict in part} <= {Verdict.NORMAL, None}
    assert (findings.verdict is None) == (not parts)


@given(MEASURED, st.sampled_from(Verdict))
def test_a_finding_that_contradicts_its_measures_is_not_signed_as_normal(parts, recorded):
    # As an entry of another version, or one made by hand, may.
    findings = duty([finding(each).model_copy(update={"verdict": recorded}) for each in parts])
    unsure = any({*each} - {Verdict.NORMAL, None} for each in parts)
    if unsure or (parts and recorded is not Verdict.NORMAL):
        assert not findings.all_normal
        assert not findings.settled
