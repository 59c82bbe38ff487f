import json
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from services.models.logs import LogLine, Severity
from widgets.logs.reading import patterns
from widgets.logs.reading.patterns import (
    LinePattern,
    Shape,
    clustered,
    fits,
    newest_first,
    patterns_of,
    shape_of,
    tallied,
)
from widgets.logs.reading.reading import PatternCounts
from widgets.logs.store.shown import LineFilter, Shown
from widgets.logs.store.store import LogStore
from widgets.logs.store.view import LogView

WORDS = st.sampled_from(
    ["GET", "POST", "/facilities/12", "200", "slow", "query", "user=a9", "failed", "予約3件", "ok"]
)
TEXTS = st.lists(WORDS, max_size=6).map(" ".join)
LINES = st.lists(st.tuples(TEXTS.map(str.encode), st.integers(0, 99), st.integers(0, 5)), max_size=40)


def test_what_has_a_digit_varies():
    texts = {
        "GET /facilities/12/slots 200 12ms": "GET /facilities/<*>/slots <*> <*>",
        "2026-11-28T09:00:01.123Z trace=4bf92f35 done": "<*> trace=<*> done",
        "予約12件を登録しました": "予約<*>件を登録しました",
        json.dumps({"level": "ERROR", "message": 'user "x" 7 \u304a', "id": 1}): 'user "x" <*> お',
        '{"id": 5}': '{"id": <*>}',
        "2026-11-28 17:37:33 UTC:10.0.11.143(53042):app@facility:[4009]:FATAL:  remaining slots": "FATAL: remaining slots",
        "2026-11-28 17:50:27 UTC::@:[19271]:LOG:  checkpoint starting: time": "LOG: checkpoint starting: time",
        "": "",
    }
    for text, expected in texts.items():
        assert " ".join(shape_of(text.encode())) == expected


def test_words_that_differ_between_like_lines_vary():
    lines = [f"user {name} logged in from office" for name in ("alice", "bob", "carol")]
    lines += ["user alice denied", "disk is full"]
    tallies = tallied((line.encode(), n, 0) for n, line in enumerate(lines))
    patterns = patterns_of(tallies, clustered(tallies))
    assert [(each.text, each.tally.count) for each in patterns] == [
        ("user <*> logged in from office", 3),
        ("disk is full", 1),
        ("user alice denied", 1),
    ]
    assert newest_first(patterns)[0].text == "disk is full"


@settings(deadline=None)
@given(LINES, st.randoms(use_true_random=False))
def test_the_order_of_lines_makes_no_pattern(lines, rnd):
    shuffled = lines[:]
    rnd.shuffle(shuffled)  # type: ignore[attr-defined]
    results: list[list[LinePattern]] = []
    for order in (lines, shuffled):
        tallies = tallied(order)
        pattern_by_shape = clustered(tallies)
        assert all(fits(pattern, shape) for shape, pattern in pattern_by_shape.items())
        results.append(patterns_of(tallies, pattern_by_shape))
    assert results[0] == results[1]
    assert sum(each.tally.count for each in results[0]) == len(lines)
    assert max((each.tally.level for each in results[0]), default=0) == max((n for *_, n in lines), default=0)


@settings(deadline=None)
@given(
    st.lists(
        st.lists(
            st.builds(LogLine, st.just("e"), st.integers(0, 60), st.just(99), st.just(""), TEXTS), max_size=9
        ),
        max_size=8,
    )
)
async def test_a_pattern_filters_to_its_own_lines(batches):
    store = LogStore(2000, 120)
    view = LogView(store)
    counts = PatternCounts(view)
    for batch in batches:
        store.append(batch)
        shares: list[float] = []
        patterns = await counts.count(shares.append)
        assert sum(each.tally.count for each in patterns) == len(store)
    if not batches:
        return
    filtered: Counter[str] = Counter()
    for pattern in patterns:
        await view.show(Shown(filters=(LineFilter(counts.query(pattern)),)))
        filtered[pattern.text] = view.visible.count()
    assert filtered == Counter({each.text: each.tally.count for each in patterns})


async def test_filtered_lines_alone_are_counted():
    store = LogStore()
    store.append([LogLine("e", n, n, "", f"{'ERROR' if n % 3 else 'INFO'} number {n}") for n in range(30)])
    view = LogView(store)
    await view.show(Shown(Severity.ERROR, context=2))
    patterns = await PatternCounts(view).count(lambda share: None)
    assert [(each.text, each.tally.count, each.tally.level) for each in patterns] == [
        ("ERROR number <*>", 20, Severity.ERROR)
    ]


def test_lines_that_are_all_different_are_compared_within_a_bound(monkeypatch):
    letters = "abcdefghij"
    words = ["".join(letters[int(digit)] for digit in str(number)) for number in range(3_000)]
    monkeypatch.setattr(patterns, "MOST_WORDS", 20_000)
    compared = 0
    likeness = patterns._likeness

    def counted(pattern: Shape, shape: Shape) -> float:
        nonlocal compared
        compared += len(shape)
        return likeness(pattern, shape)

    monkeypatch.setattr(patterns, "_likeness", counted)
    tallies = tallied((f"start {word} {word}x {word}y".encode(), 0, 0) for word in words)
    assert len(clustered(tallies)) == 3_000
    assert compared <= 20_000 + 4 * 200
