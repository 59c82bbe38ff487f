"""The tables of "Configuring how CloudWatch alarms treat missing data" (Amazon CloudWatch User Guide)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.cloudwatch.alarms.states import State, Treat, decide, evaluation_range

O, A, I, KEEP = State.OK, State.ALARM, State.INSUFFICIENT, None  # noqa: E741
POINTS = {"0": False, "X": True, "-": None}
THREE_OF_THREE = [
    ("0 - X - X", 0, O, O, O, O),
    ("0 - - - -", 2, O, O, O, O),
    ("- - - - -", 3, I, KEEP, A, O),
    ("0 X X - X", 0, A, A, A, A),
    ("- - X - -", 2, A, KEEP, A, O),
    # Two rows of the guide's earlier editions: one breach just now, and one long ago.
    ("- - - - X", 2, I, KEEP, A, O),
    ("X - - - -", 2, A, KEEP, A, O),
    # "This way, false positives are avoided": - - - X - does not go to ALARM at once.
    ("- - - X -", 2, I, KEEP, A, O),
]
TWO_OF_THREE = [
    ("0 - X - X", 0, A, A, A, A),
    ("0 0 X 0 X", 0, A, A, A, A),
    ("0 - X - -", 1, O, O, A, O),
    ("- - - - 0", 2, O, O, A, O),
    ("- - - X -", 2, A, KEEP, A, O),
    ("- - - - X", 2, I, KEEP, A, O),
]


@pytest.mark.parametrize(("m", "table"), [(3, THREE_OF_THREE), (2, TWO_OF_THREE)])
def test_the_guides_tables(m, table):
    for points, filled, *states in table:
        breaches = [POINTS[mark] for mark in points.split()]
        for treat, state in zip(
            (Treat.MISSING, Treat.IGNORE, Treat.BREACHING, Treat.NOT_BREACHING), states, strict=True
        ):
            decision = decide(breaches, 3, m, treat)
            assert (decision.state, decision.filled) == (state, filled), (points, treat)


def test_the_guides_figure():
    """Three of three above 3: ALARM in the fifth period, OK in the sixth, still OK in the ninth."""
    breaches = [False, False, True, True, True, False, False, False, True]
    states = [decide([None] * 5 + breaches[: now + 1], 3, 3, Treat.IGNORE).state for now in range(2, 9)]
    assert states == [O, O, A, O, O, O, O]


SERIES = st.integers(1, 6).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.integers(1, n),
        st.lists(st.sampled_from([True, False, None]), min_size=n + 2, max_size=n + 2),
    )
)


@given(SERIES, st.sampled_from(list(Treat)))
def test_rules_of_every_decision(case, treat):
    n, m, breaches = case
    assert len(breaches) == evaluation_range(n)
    decision = decide(breaches, n, m, treat)
    real = [index for index, breach in enumerate(breaches) if breach is not None]
    assert decision.used == tuple(real[-n:])
    assert decision.filled + len(decision.used) == n
    if not decision.filled:
        assert decision.state == (A if sum(breaches[index] is True for index in decision.used) >= m else O)
    if decision.state is I:
        assert treat is Treat.MISSING
        assert not any(breaches[index] is False for index in decision.used)
    if decision.state is KEEP:
        assert treat is Treat.IGNORE
    if sum(breach is True for breach in breaches) == 0 and treat is not Treat.BREACHING:
        assert decision.state is not A
