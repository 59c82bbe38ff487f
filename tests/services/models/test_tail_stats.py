"""What a pane says of late lines after it has asked for them, and of several groups."""

from hypothesis import given
from hypothesis import strategies as st

from services.models.logs import LATEST, LateGap, TailStats

MINUTE = 60_000
ASKED = 1_775_012_400_000
TIMES = st.integers(ASKED - 3 * LATEST, ASKED + LATEST)
GAPS = st.builds(
    lambda lateness, start, length: LateGap(lateness, start, start + length),
    st.floats(1, 60),
    TIMES,
    st.integers(0, LATEST),
)


def stats(incomplete_from=None, gap=None):
    return TailStats(group="g", lateness=120.0, incomplete_from=incomplete_from, late_gap=gap)


def test_an_old_gap_is_gone_once_its_lines_were_asked_for():
    gap = LateGap(10.0, ASKED - 8 * LATEST, ASKED - 2 * LATEST)
    assert stats(gap=gap).late_lines_read(None).late_gap == gap
    assert stats(gap=gap).late_lines_read(ASKED).late_gap is None


@given(GAPS, TIMES)
def test_only_what_may_still_become_visible_stays_missing(gap, incomplete_from):
    after = stats(incomplete_from, gap).late_lines_read(ASKED)
    assert after.incomplete_from == max(incomplete_from, ASKED - LATEST)
    left = after.late_gap
    assert (left is None) == (gap.end < ASKED - LATEST)
    if left is not None:
        assert (left.lateness, left.end) == (gap.lateness, gap.end)
        assert left.start == max(gap.start, ASKED - LATEST)


@given(st.lists(st.none() | GAPS, max_size=4))
def test_the_gap_of_several_groups_includes_each(gaps):
    whole = TailStats.merged("", [stats(gap=gap) for gap in gaps]).late_gap
    real = [gap for gap in gaps if gap is not None]
    assert (whole is None) == (not real)
    if whole is not None:
        assert whole.start == min(gap.start for gap in real)
        assert whole.end == max(gap.end for gap in real)
        assert whole.lateness == min(gap.lateness for gap in real)
