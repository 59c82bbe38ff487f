from hypothesis import given
from hypothesis import strategies as st

from services.logs.follow.merging import PATIENCE, Merger
from services.models.logs import LogLine


def _line(at, text="", ingested=None):
    return LogLine(f"{at}{text}", at, at if ingested is None else ingested, "s", text)


def _texts(lines):
    return [line.line.text for line in lines]


def test_a_line_waits_until_every_group_was_read_up_to_it():
    merger = Merger(["a", "b"], began=10_000, settle=100)
    assert merger.take("a", [_line(9_000, "a9"), _line(9_500, "a95")], 10_000, read_to=10_000) == []
    assert _texts(merger.take("b", [_line(9_200, "b92")], 10_000, read_to=10_000)) == ["a9", "b92", "a95"]


def test_a_line_that_came_while_a_long_round_was_read_waits_for_the_next_one():
    merger = Merger(["a", "b"], began=10_000, settle=100)
    merger.take("b", [], 20_000, read_to=20_000)
    assert merger.take("a", [_line(10_500, "a105")], 20_000, read_to=10_000) == [], "older ones may follow"
    assert _texts(merger.take("a", [_line(10_200, "a102")], 21_000, read_to=20_000)) == ["a102", "a105"]


def test_first_pages_are_merged_as_they_come():
    merger = Merger(["a", "b"], began=10_000, settle=0)
    assert _texts(merger.take("a", [_line(1, "a1"), _line(5, "a5")], 10_000, read_to=None)) == []
    assert _texts(merger.take("b", [_line(2, "b2"), _line(4, "b4")], 10_000, read_to=None)) == [
        "a1",
        "b2",
        "b4",
    ]


def test_a_line_that_comes_too_late_is_handed_out_at_once_and_marked():
    merger = Merger(["a"], began=0, settle=0)
    merger.take("a", [_line(900)], 1_000, read_to=1_000)
    (late,) = merger.take("a", [_line(100, "late")], 2_000, read_to=1_000)
    assert late.line.late
    assert late.line.text == "late"


def test_a_group_that_fails_holds_the_others_back_only_for_a_while():
    merger = Merger(["a", "b"], began=0, settle=0)
    assert merger.take("a", [_line(900, "a")], 1_000, read_to=1_000) == []
    assert merger.take("b", [], 2_000, read_to=None, failing=True) == []
    assert _texts(merger.take("a", [], PATIENCE + 1, read_to=PATIENCE + 1)) == ["a"]


def test_no_more_lines_wait_than_allowed():
    merger = Merger(["a", "b"], began=0, settle=0, most=10)
    assert len(merger.take("a", [_line(at) for at in range(100)], 1_000, read_to=None)) == 90
    assert len(merger) == 10


_DELIVERIES = st.lists(
    st.tuples(st.sampled_from("abc"), st.lists(st.integers(0, 5_000), max_size=5), st.booleans()), max_size=30
)


@given(_DELIVERIES)
def test_every_line_once_in_order_but_for_the_late_ones(deliveries):
    merger, now, given_ids, answer = Merger("abc", began=0, settle=50), 0, [], []
    for number, (group, times, is_over) in enumerate(deliveries):
        now += 400
        lines = [_line(at, f"-{number}-{index}") for index, at in enumerate(sorted(times))]
        given_ids += [line.id for line in lines]
        answer += merger.take(group, lines, now, read_to=now if is_over else None)
    answer += merger.rest()
    assert sorted(line.line.id for line in answer) == sorted(given_ids)
    on_time = [line.line.at for line in answer if not line.line.late]
    assert on_time == sorted(on_time)
