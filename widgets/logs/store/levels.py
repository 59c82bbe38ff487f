"""The severity of every line of a chunk, read once and kept while the chunk only grows."""

from widgets.logs.store.line_chunk import Chunk
from widgets.logs.text.severity import severity_of

_SLOT = "levels"


def levels_of(chunk: Chunk) -> bytes:
    """One `Severity` a line, as a byte."""
    cached = chunk.memo.get(_SLOT)
    if cached is not None and cached[1] == chunk.version:
        return bytes(cached[2])
    former_levels = _unchanged(chunk)
    levels = former_levels + bytes([severity_of(line) for line in chunk.lines()[len(former_levels) :]])
    chunk.memo[_SLOT] = (chunk.ids, chunk.version, levels)
    return levels


def has_levels(chunk: Chunk) -> bool:
    """Whether the levels are known, so that `levels_of` costs nothing."""
    cached = chunk.memo.get(_SLOT)
    return cached is not None and cached[1] == chunk.version


def _unchanged(chunk: Chunk) -> bytes:
    """Ids stay a `range` while lines are appended; lines that are inserted or follow others' ids make them an array."""
    cached = chunk.memo.get(_SLOT)
    if cached is None or not isinstance(cached[0], range) or not isinstance(chunk.ids, range):
        return b""
    return bytes(cached[2]) if cached[0].start == chunk.ids.start else b""
