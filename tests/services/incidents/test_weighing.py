"""The weighing of causes: words, chains, gates; what is not read never makes anything surer."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.incidents.catalogue import causes_of, shipped
from services.incidents.joining import are_linked
from services.incidents.signals import own_resource
from services.incidents.signals.registry import BY_ID, SIGNALS
from services.incidents.weighing import weigh
from services.models.causes import Onset, OnsetBasis, Signal, SignalState, Word
from services.models.runbook_playbooks import CauseWeights
from services.runbook.loader import load_builtin

T0 = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)
ONSET = Onset(at=T0, basis=OnsetBasis.BASELINE)
RUNBOOK = load_builtin("facility-prod")
ORDER = (Word.OPEN, Word.LIKELY, Word.STRONG)


def signals(states, *, denied=frozenset(), **times):
    """Every signal: as in `states`, otherwise absent; those of `denied` are unseen."""
    return [
        Signal(
            id=spec.id,
            title=spec.title,
            state=SignalState.UNSEEN if spec.id in denied else states.get(spec.id, SignalState.ABSENT),
            at=T0 + timedelta(minutes=times[spec.id.replace("-", "_")])
            if spec.id.replace("-", "_") in times
            else None,
            source=spec.source,
            why="denied" if spec.id in denied else "",
            is_denied=spec.id in denied,
            direct_for=spec.direct_for,
            group=spec.group,
        )
        for spec in SIGNALS
    ]


def assessment_of(*present, unseen=(), **times):
    states = dict.fromkeys(present, SignalState.PRESENT) | dict.fromkeys(unseen, SignalState.UNSEEN)
    return weigh(causes_of(RUNBOOK), signals(states, **times), ONSET)


def test_every_weight_and_every_chain_names_something():
    ids = {spec.id for spec in shipped()}
    for spec in shipped():
        assert {*spec.present, *spec.absent, *spec.requires} <= BY_ID.keys(), spec.id
        assert set(spec.explains) <= ids, spec.id


def test_signals_have_unique_names_and_a_use():
    assert len(BY_ID) == len(SIGNALS)
    of_any = {spec.id for spec in own_resource.SIGNALS}
    used = {name for spec in shipped() for name in (*spec.present, *spec.absent)}
    assert used | of_any == BY_ID.keys(), "those of any resource are for the causes of runbooks"


@pytest.mark.parametrize(
    ("present", "cause"),
    [
        (("elb-share", "elb-502", "task-exited", "running-short", "connection-errors", "no-deployment"), "task-crash"),
        (("elb-share", "elb-502", "task-out-of-memory", "memory-high", "running-short", "no-deployment"), "out-of-memory"),
        (("target-share", "new-error", "no-deployment", "traffic-usual"), "application-error"),
        (("target-share", "new-error", "recent-deployment", "errors-on-new-revision", "revision-differs"), "bad-deployment"),
        (("elb-share", "no-target-503", "no-registered-target"), "no-target"),
        (("elb-share", "elb-502", "none-healthy", "check-failed", "no-deployment"), "all-unhealthy"),
        (("elb-share", "elb-504", "check-timeout", "latency-first", "no-deployment"), "slow-targets"),
        (("elb-share", "elb-502", "connection-errors", "no-deployment", "traffic-usual"), "connection-reset"),
        (("target-share", "db-terminated", "connections-gone", "db-event", "no-deployment"), "database-unreachable"),
        (("target-share", "db-slots-reserved", "connections-high", "db-cpu-high", "no-deployment"), "database-saturated"),
        (("target-share", "db-no-space", "storage-empty", "no-deployment"), "database-full"),
        (("elb-504", "latency-first", "cpu-at-maximum", "no-deployment", "traffic-usual"), "capacity-at-maximum"),
        (("elb-share", "start-failed", "running-short", "no-deployment"), "tasks-cannot-start"),
        (("target-share", "network-write", "path-closed", "db-refused", "connections-gone"), "network-change"),
        (("elb-500", "waf-blocks", "no-deployment"), "firewall"),
        (("traffic-fall", "tls-errors", "no-deployment"), "dns-tls"),
        (("target-share", "other-host", "latency-first", "no-deployment"), "third-party"),
        (("traffic-surge", "cpu-at-maximum", "latency-first", "waf-blocks", "no-deployment"), "traffic-surge"),
        (("one-zone", "zonal-shift", "no-deployment"), "availability-zone"),
        (("few-requests", "drain-errors", "no-deployment"), "artefact"),
    ],
)  # fmt: skip
def test_a_cause_is_first_by_its_own_signs(present, cause):
    assessment = assessment_of(*present)
    assert assessment.leader.id == cause
    assert assessment.word is not Word.OPEN


def test_nothing_is_judged_without_signs():
    assessment = assessment_of(
        "no-deployment", "traffic-usual", "memory-low", "cpu-low", "db-cpu-low", "storage-ample"
    )
    assert assessment.word is Word.OPEN
    assert assessment.why


def test_a_deployment_is_drawn_before_what_it_brought_about():
    assessment = assessment_of(
        "elb-502", "recent-deployment", "deployment-failed", "task-exited", "running-short"
    )
    assert assessment.leader.id == "bad-deployment"
    assert "task-crash" in assessment.leader.effects
    crash = next(cause for cause in assessment.causes if cause.id == "task-crash")
    assert not crash.is_root


def test_what_began_after_the_first_bad_minute_counts_less():
    in_time = assessment_of("db-event", "target-share", db_event=0)
    later = assessment_of("db-event", "target-share", db_event=4)
    too_late = assessment_of("db-event", "target-share", db_event=9)
    scores = [
        next(cause.score for cause in each.causes if cause.id == "database-unreachable")
        for each in (in_time, later, too_late)
    ]
    assert scores[0] - scores[1] == 8
    assert scores[0] - scores[2] == 15


def test_one_fact_counts_once():
    both = assessment_of("db-slots-reserved", "db-too-many-clients")
    one = assessment_of("db-slots-reserved")
    assert [cause.score for cause in both.causes if cause.id == "database-saturated"] == [
        cause.score for cause in one.causes if cause.id == "database-saturated"
    ]


def test_an_impossible_cause_is_listed_last_with_the_reason():
    assessment = assessment_of("target-share")
    full = next(cause for cause in assessment.causes if cause.id == "database-full")
    assert full.impossible
    assert not assessment.causes[0].impossible


def test_the_next_look_is_the_unseen_signal_that_parts_the_first_two():
    assessment = assessment_of("target-share", unseen=("db-no-space", "storage-empty", "new-error"))
    assert assessment.next_look.difference > 0


def test_what_this_system_never_publishes_is_no_next_look():
    # Without Performance Insights nobody can look whether sessions wait.
    states = dict.fromkeys(("latency-first", "connections-high"), SignalState.PRESENT)
    open_ones = signals(states | {"db-waiting": SignalState.UNSEEN})
    never = [signal.model_copy(update={"is_out_of_reach": signal.id == "db-waiting"}) for signal in open_ones]
    looks = [weigh(causes_of(RUNBOOK), each, ONSET).next_look for each in (open_ones, never)]
    assert looks[0].signal == "db-waiting"
    assert looks[1] is None


def test_a_runbook_changes_weights():
    own = RUNBOOK.model_copy(
        update={"weights": {"application-error": CauseWeights(prior=1, present={"new-error": 0})}}
    )
    spec = next(each for each in causes_of(own) if each.id == "application-error")
    assert (spec.prior, spec.present["new-error"], spec.present["target-share"]) == (1, 0, 8)


STATES = st.dictionaries(st.sampled_from(sorted(BY_ID)), st.sampled_from(SignalState), max_size=30)


@given(
    states=STATES,
    sources=st.sets(st.sampled_from(sorted({spec.source for spec in SIGNALS})), min_size=1, max_size=3),
)
def test_what_is_not_read_makes_nothing_surer(states, sources):
    # A source that is denied hides its signals; the word is then never stronger than with them.
    whole = weigh(causes_of(RUNBOOK), signals(states), ONSET)
    denied = frozenset(spec.id for spec in SIGNALS if spec.source in sources)
    partly = weigh(causes_of(RUNBOOK), signals(states, denied=denied), ONSET)
    assert ORDER.index(partly.word) <= ORDER.index(whole.word)


@given(states=STATES)
def test_strong_needs_a_direct_sign_and_a_lead(states):
    assessment = weigh(causes_of(RUNBOOK), signals(states), ONSET)
    if assessment.word is Word.STRONG:
        leader = assessment.leader
        assert leader.score >= 20
        assert any(row.is_direct for row in leader.supporting)
    else:
        assert assessment.why


@given(states=STATES)
def test_the_order_of_signals_changes_nothing(states):
    every = signals(states)
    one = weigh(causes_of(RUNBOOK), every, ONSET)
    other = weigh(causes_of(RUNBOOK), every[::-1], ONSET)
    assert [(cause.id, cause.score) for cause in one.causes] == [
        (cause.id, cause.score) for cause in other.causes
    ]


def test_incidents_are_linked_by_their_causes():
    specs = {str(spec.id): spec for spec in shipped()}
    saturated = assessment_of(
        "target-share", "db-slots-reserved", "connections-high", "db-cpu-high", "no-deployment"
    )
    slow = assessment_of("elb-share", "elb-504", "check-timeout", "latency-first", "no-deployment")
    reset = assessment_of("elb-share", "elb-502", "connection-errors", "no-deployment", "traffic-usual")
    assert are_linked(saturated, slow, specs)
    assert are_linked(slow, saturated, specs)
    assert not are_linked(saturated, reset, specs)
    assert not are_linked(saturated, None, specs)
