from hypothesis import given, settings
from hypothesis import strategies as st

from services.models.logs import LogLine, Severity
from widgets.logs.store.shown import LineFilter, Shown
from widgets.logs.store.store import LogStore
from widgets.logs.store.view import LogView
from widgets.logs.text.search import SearchQuery
from widgets.logs.text.severity import severity_of

LINES = st.builds(
    LogLine,
    id=st.just("e"),
    at=st.integers(0, 60),
    ingested_at=st.just(99),
    stream=st.just(""),
    text=st.sampled_from(["INFO a", "ERROR a b", "WARN b", "c", "ERROR c", "日本 a", "x" * 60]),
)
BATCHES = st.lists(st.lists(LINES, max_size=10), max_size=12)
FILTERS = st.lists(
    st.builds(
        LineFilter,
        st.builds(SearchQuery, st.sampled_from(["a", "b", "c", "ERROR", "日本"]), st.booleans()),
        st.booleans(),
        st.sampled_from([True, True, False]),
    ),
    max_size=3,
).map(tuple)
SHOWN = st.builds(
    Shown, st.sampled_from([Severity.PLAIN, Severity.WARNING, Severity.ERROR]), FILTERS, st.integers(0, 4)
)


def _has(local: LineFilter, text: str) -> bool:
    assert isinstance(local.query, SearchQuery)
    return local.query.text in (text.lower() if local.query.folds else text)


def expected_rows(store: LogStore, shown: Shown) -> list[int]:
    texts = {row: store.line(row).text for row in range(store.first, store.end)}
    hits = [
        row
        for row, text in texts.items()
        if severity_of(text.encode()) >= shown.threshold
        and all(_has(each, text) != each.hides for each in shown.filters if each.is_on)
    ]
    if not shown.hides:
        return list(texts)
    return [row for row in texts if any(abs(row - hit) <= shown.context for hit in hits)]


def rows_of(view: LogView) -> list[int]:
    rows: list[int] = []
    row = view.visible.at_or_after(view.store.first)
    while row is not None:
        rows.append(row)
        row = view.visible.at_or_after(row + 1)
    return rows


@settings(deadline=None)
@given(BATCHES, SHOWN, st.integers(0, 12), st.integers(200, 3000))
async def test_the_visible_rows_equal_a_straight_model(batches, shown, place, bound):
    store = LogStore(bound, 120)
    view = LogView(store)
    for number, batch in enumerate(batches):
        if number == place:
            await view.show(shown)
        store.append(batch)
    if len(batches) <= place:
        await view.show(shown)
    rows = rows_of(view)
    assert rows == expected_rows(store, shown)
    assert view.visible.count() == len(rows)
    assert [view.visible.rank(row) for row in rows] == list(range(len(rows)))
    backwards = []
    row = view.visible.at_or_before(store.end - 1)
    while row is not None:
        backwards.append(row)
        row = view.visible.at_or_before(row - 1)
    assert backwards == rows[::-1]


async def test_a_pattern_that_takes_too_long_is_given_up():
    store = LogStore()
    store.append([LogLine(f"e{n}", n, n, "", "a" * 3000 + "b") for n in range(20)])
    view = LogView(store)
    query = SearchQuery("(.*)(.*)(.*)(.*)[cd]$", regex=True)
    await view.search(query)
    assert view.slow == query.text
    assert view.matches.count() == 0
    assert query.spans("a" * 8000) == []
    await view.search(SearchQuery("b+$", regex=True))
    assert view.slow == ""
    assert view.matches.count() == 20
