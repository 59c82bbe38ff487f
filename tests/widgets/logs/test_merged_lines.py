from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.models.logs import LogLine
from widgets.logs.store.sources import lettered, merged, snapshot, source_of
from widgets.logs.store.store import LogStore, order_of

Batches = list[list[tuple[int, int, str]]]
BATCHES = st.lists(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3), st.sampled_from("xy")), max_size=6), max_size=5
)


def lines_of(batch: Sequence[tuple[int, int, str]], number: int) -> list[LogLine]:
    return [
        LogLine(f"{number}-{index}", at, at + delay, stream, f"{number}-{index}")
        for index, (at, delay, stream) in enumerate(batch)
    ]


def texts(store: LogStore) -> list[tuple[tuple[int, int, str], str]]:
    lines = [store.line(row) for row in range(store.first, store.end)]
    return [(order_of(line), line.text) for line in lines]


@given(st.lists(BATCHES, min_size=1, max_size=3), st.integers(0, 4), st.sampled_from([60, 256 * 1024]))
def test_a_merged_store_ignores_arrival(sources, early, chunk_bytes):
    stores = [LogStore(chunk_bytes=chunk_bytes) for _source in sources]
    whole = LogStore(chunk_bytes=chunk_bytes)
    whole.by_ingestion = True
    every: list[LogLine] = []
    later: list[list[LogLine]] = []
    for number, (store, batches) in enumerate(zip(stores, sources, strict=True)):
        for place, batch in enumerate(batches):
            lines = lines_of(batch, place)
            every += lettered(lines, "ABC"[number])
            if place < early:
                store.append(lines)
            else:
                later.append(lettered(lines, "ABC"[number]))
    reading = merged([snapshot(store, "ABC"[number]) for number, store in enumerate(stores)])
    for store in stores:
        store.append([LogLine("new", 3, 3, "x", "not of the snapshot")])

    whole.append(list(reading))
    for batch_of_lines in later:
        whole.append(batch_of_lines)

    assert sorted(texts(whole)) == sorted((order_of(line), line.text) for line in every), "each exactly once"
    assert [order for order, _text in texts(whole)] == sorted(order for order, _text in texts(whole))


def test_the_letter_of_a_source_is_in_front_of_the_stream():
    (line,) = lettered([LogLine("1", 0, 0, "ecs/api/0123", "text")], "B")
    assert line.stream == "B:ecs/api/0123"
    assert source_of(line.stream) == "B"
    assert source_of("ecs/api") == source_of("") == ""
