"""Lines of several stores or log groups as one: each with the letter of its source in front of its stream. A
stream's name has no colon (CreateLogStream, CloudWatch Logs API), so `A:stream` is unambiguous. Pure."""

from collections.abc import Iterator, Sequence
from heapq import merge
from string import ascii_uppercase

from services.models.logs import LogLine
from widgets.logs.store.store import LogStore, order_of

SHARED = "*"  # The letter of every source after the 26th
COLOURS = 6  # Colours of sources; the seventh has the first again, and its own letter


def letter_of(number: int) -> str:
    """The letter of a source: A to Z, then SHARED for all others."""
    return ascii_uppercase[number] if number < len(ascii_uppercase) else SHARED


def colour_of(letter: str) -> int:
    return ascii_uppercase.find(letter) % COLOURS


def source_of(stream: str) -> str:
    """The letter of the source in a stream's name; "" for a line of a single group."""
    return stream[0] if stream[1:2] == ":" else ""


def lettered(lines: Sequence[LogLine], letter: str) -> list[LogLine]:
    return [line._replace(stream=f"{letter}:{line.stream}") for line in lines]


def snapshot(store: LogStore, letter: str) -> Iterator[LogLine]:
    chunks, end = tuple(store.chunks), store.next_id

    def lines() -> Iterator[LogLine]:
        for chunk in chunks:
            # Copies: a line may be inserted into the chunk between two of its lines.
            columns = zip(
                tuple(chunk.ids),
                tuple(chunk.ats),
                tuple(chunk.delays),
                tuple(chunk.streams),
                bytes(chunk.late),
                chunk.lines(),
                strict=True,
            )
            for line_id, at, delay, stream, late, text in columns:
                if line_id < end:
                    name = f"{letter}:{store.stream_name(stream)}"
                    yield LogLine(
                        str(line_id), at, at + delay, name, text.decode("utf-8", "replace"), bool(late)
                    )

    return lines()


def merged(sources: Sequence[Iterator[LogLine]]) -> Iterator[LogLine]:
    """The lines of all sources, each ascending by time, by (time, ingestion time, stream); stable."""
    return merge(*(_by_order(source) for source in sources), key=order_of)


def _by_order(lines: Iterator[LogLine]) -> Iterator[LogLine]:
    equal: list[LogLine] = []
    for line in lines:
        if equal and equal[0].at != line.at:
            yield from sorted(equal, key=order_of) if len(equal) > 1 else equal
            equal = []
        equal.append(line)
    yield from sorted(equal, key=order_of)
