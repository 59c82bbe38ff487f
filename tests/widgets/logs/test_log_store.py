import re

from hypothesis import given, settings
from hypothesis import strategies as st

from services.models.logs import LogLine, Severity
from tests.bench.raw_lines import append_raw
from widgets.logs.store.row_subsets import AllRows, RowSubset
from widgets.logs.store.shown import Shown
from widgets.logs.store.store import LogStore
from widgets.logs.store.view import LogView
from widgets.logs.text.search import SearchQuery
from widgets.logs.text.severity import severity_of

TEXTS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            '{"level":"ERROR","message":"決済に失敗しました"}',
            '{"level":"info","msg":"ok"}',
            "WARN slow query",
            "a\nb",
            "",
        ]
    ),
)
LINES = st.builds(
    LogLine,
    id=st.just("e"),
    at=st.integers(0, 50),
    ingested_at=st.integers(0, 10**12),
    stream=st.sampled_from(["web/1", "web/2", ""]),
    text=TEXTS,
    late=st.booleans(),
)
BATCHES = st.lists(st.lists(LINES, max_size=12), max_size=12)


def as_stored(text: str) -> str:
    return text.replace("\n", "\u240a").encode("utf-8", "replace").decode()


def filled(batches: list[list[LogLine]], max_bytes: int = 10**9, chunk_bytes: int = 200) -> LogStore:
    store = LogStore(max_bytes, chunk_bytes)
    for batch in batches:
        store.append(batch)
    return store


def contents(store: LogStore) -> list[tuple[int, str, bool, str]]:
    rows = [store.line(row) for row in range(store.first, store.end)]
    return [(line.at, line.stream, line.late, line.text) for line in rows]


@settings(deadline=None)
@given(BATCHES)
def test_the_store_is_a_stable_merge_of_the_lines_by_time(batches):
    lines = [line for batch in batches for line in batch]
    expected = [
        (line.at, line.stream, line.late, as_stored(line.text))
        for line in sorted(lines, key=lambda line: line.at)
    ]
    assert contents(filled(batches)) == expected


@settings(deadline=None)
@given(BATCHES)
def test_an_id_stays_with_its_line(batches):
    store = LogStore(10**9, 200)
    content_by_id: dict[int, tuple[int, str]] = {}
    for batch in batches:
        store.append(batch)
        for row in range(store.first, store.end):
            line = store.line(row)
            assert content_by_id.setdefault(line.id, (line.at, line.text)) == (line.at, line.text)
            assert store.row_of(line.id) == row
            assert store.id_at(row) == line.id
            assert store.time_at(row) == line.at
    assert len(content_by_id) == len(store)


@settings(deadline=None)
@given(BATCHES, st.integers(300, 2000))
def test_the_store_keeps_its_bound_and_counts_drops(batches, bound):
    store = filled(batches, bound)
    total = sum(len(batch) for batch in batches)
    assert len(store) + store.dropped == total
    assert store.size <= bound or len(store.chunks) == 1
    assert store.size == sum(chunk.size for chunk in store.chunks)
    assert store.first == store.dropped
    assert store.end == total
    ats = [at for at, *_rest in contents(store)]
    assert ats == sorted(ats)


@settings(deadline=None)
@given(BATCHES, st.integers(-1, 52))
def test_row_at_is_the_first_row_not_before_a_time(batches, at):
    store = filled(batches)
    expected = next((row for row in range(store.first, store.end) if store.time_at(row) >= at), store.end)
    assert store.row_at(at) == expected


@settings(deadline=None)
@given(BATCHES, st.sampled_from(["e", "決済", "ERROR", "WARN", "zzz", "level", "o", "\u240a"]))
async def test_search_finds_what_a_naive_search_finds(batches, needle):
    store = filled(batches)
    view = LogView(store)
    await view.search(SearchQuery(needle))
    fold = str.lower if needle == needle.lower() != needle.upper() else str
    lines = [(row, store.line(row).text) for row in range(store.first, store.end)]
    ascii_fold = re.compile("[A-Z]+")
    expected = [
        row
        for row, text in lines
        if needle in (ascii_fold.sub(lambda m: fold(m[0]), text) if fold is str.lower else text)
    ]
    matches = [row for row in range(store.first, store.end) if view.matches.contains(row)]
    assert matches == expected
    assert view.matches.count() == len(expected)


@settings(deadline=None)
@given(BATCHES, st.sampled_from([r"E\w+R", "^$", r"し.し|失", r"\bok\b", "[^a]$", "(?:a|b)+"]))
async def test_regex_search_is_python_s_line_by_line(batches, pattern):
    store = filled(batches)
    view = LogView(store)
    query = SearchQuery(pattern, regex=True)
    await view.search(query)
    expression = re.compile(pattern, re.IGNORECASE if query.folds else 0)
    expected = [row for row in range(store.end) if expression.search(store.line(row).text)]
    assert [row for row in range(store.end) if view.matches.contains(row)] == expected


@settings(deadline=None)
@given(BATCHES, st.sampled_from([Severity.PLAIN, Severity.INFO, Severity.WARNING, Severity.FATAL]))
async def test_a_threshold_and_its_navigation_agree_with_the_plain_list(batches, threshold):
    store = filled(batches)
    view = LogView(store)
    await view.show(Shown(threshold))
    rows = [row for row in range(store.end) if severity_of(store.line(row).text.encode()) >= threshold]
    assert view.visible.count() == len(rows)
    for row in range(-1, store.end + 2):
        after = next((each for each in rows if each >= max(row, 0)), None)
        before = next((each for each in reversed(rows) if each <= row), None)
        assert view.visible.at_or_after(row) == (after if row < store.end else None)
        assert view.visible.at_or_before(row) == before
        assert view.visible.rank(row) == sum(each < row for each in rows)
    assert [view.visible.nth(index) for index in range(len(rows) + 1)] == [*rows, None]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=80).map(lambda b: b.replace(b"\n", b"")), min_size=1, max_size=60))
def test_raw_lines_are_kept_as_they_are(lines):
    store = LogStore(10**9, 500)
    half = len(lines) // 2
    for part in (lines[:half], lines[half:]):
        if part:
            append_raw(store, b"\n".join(part) + b"\n", 5)
    assert [store.line(row).text for row in range(store.end)] == [
        line.decode("utf-8", "replace") for line in lines
    ]


def test_clearing_forgets_lines_but_never_gives_an_id_twice():
    store = filled([[LogLine("a", 1, 1, "s", "one")]])
    first = store.id_at(0)
    store.clear()
    assert (len(store), store.dropped, store.newest) == (0, 0, 0)
    assert store.row_of(first) is None
    store.append([LogLine("b", 0, 0, "s", "two")])
    assert store.line(store.first).text == "two"
    assert store.id_at(store.first) != first


def test_a_burst_of_late_lines_goes_in_quickly_and_in_order():
    store = LogStore()
    store.append([LogLine("a", at, at, "s", "x" * 200) for at in range(50_000)])
    store.append([LogLine("b", at * 5, at * 5 + 90_000, "s", "late", late=True) for at in range(5_000)])
    ats = [store.time_at(row) for row in range(store.first, store.end)]
    assert ats == sorted(ats)
    assert len(store) == 55_000
    assert store.line(store.row_at(10) + 1).late


@settings(deadline=None)
@given(BATCHES, st.integers(300, 2000))
def test_all_rows_are_answered_for_as_by_every_chunk(batches, bound):
    store = filled(batches, bound)
    quick, thorough = AllRows(store), RowSubset(store, "every", None, lambda chunk: range(len(chunk)))
    assert quick.count() == thorough.count()
    for row in range(store.first - 2, store.end + 3):
        assert quick.at_or_after(row) == thorough.at_or_after(row)
        assert quick.at_or_before(row) == thorough.at_or_before(row)
        assert quick.rank(row) == thorough.rank(row)
        assert quick.contains(row) == thorough.contains(row)
    assert [quick.nth(index) for index in range(len(store) + 2)] == [
        thorough.nth(index) for index in range(len(store) + 2)
    ]
