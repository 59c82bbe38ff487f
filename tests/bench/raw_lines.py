from array import array

from widgets.logs.pane.pane import LogPane
from widgets.logs.store.line_chunk import Columns
from widgets.logs.store.store import LogStore


def append_raw(store: LogStore, data: bytes, at: int) -> None:
    at = max(at, store.newest)
    start = 0
    data = data if data.endswith(b"\n") else data + b"\n"
    while start < len(data):
        end = data.rfind(b"\n", start, start + store.chunk_bytes) + 1
        if not end:
            end = data.find(b"\n", start) + 1
        store._put(_columns(data[start:end], store.next_id, at))
        start = end
    store._evict()


def append_to(pane: LogPane, data: bytes, at: int) -> None:
    append_raw(pane.store, data, at)
    pane.mark_dirty()


def _columns(text: bytes, first_id: int, at: int) -> Columns:
    count = text.count(b"\n")
    ids, zeros = range(first_id, first_id + count), array("i", bytes(4 * count))
    return Columns(text, ids, array("q", [at]) * count, zeros, zeros, bytes(count))
