from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.aws.logs.events import log_lines
from services.aws.logs.queries import table_of
from services.logs.follow.late_lines import late_lines_of
from services.logs.follow.twins import LATEST, SOON, TwinLines
from services.models.logs import LogLine


def line(text, identity=""):
    return LogLine(identity, 1, 1, "s", text)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abc")), max_size=60))
def test_of_equal_lines_as_many_are_shown_as_one_way_has_brought(steps):
    twins = TwinLines()
    twins.live = True
    shown: Counter[str] = Counter()
    ways: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for is_live, text in steps:
        ways[is_live][text] += 1
        fresh = twins.unnamed([line(text)], 0) if is_live else twins.from_loop([line(text, "id")], 0)
        shown.update(each.text for each in fresh)
        assert shown == ways[True] | ways[False]
    assert len(twins) == len([text for text in "abc" if ways[True][text] != ways[False][text]])


def test_without_another_way_the_loops_lines_pass_as_they_are():
    twins = TwinLines()
    lines = [line("a", "1"), line("a", "2")]
    assert twins.from_loop(lines, 0) is lines
    assert len(twins) == 0


def test_what_is_not_made_up_is_forgotten():
    twins = TwinLines()
    twins.live = True
    twins.from_loop([line("loop alone", "1")], 0)
    twins.unnamed([line("live alone")], 0)
    twins.forget_old(SOON + 1)
    assert len(twins) == 1
    twins.forget_old(LATEST + 1)
    assert len(twins) == 0


@given(st.text(alphabet="a é\t\r\n\x1b\u2028{}", max_size=12) | st.just("a\n" * 20_000))
def test_a_message_has_the_same_text_by_every_way(message):
    event = {"timestamp": 0, "eventId": "1", "logStreamName": "s", "message": message}
    cells = {"@timestamp": "1970-01-01 00:00:00.000", "@message": message, "@logStream": "s"}
    (by_loop,) = log_lines([event])
    (by_query,) = late_lines_of(table_of([[{"field": name, "value": text} for name, text in cells.items()]]))
    assert by_query.text == by_loop.text
