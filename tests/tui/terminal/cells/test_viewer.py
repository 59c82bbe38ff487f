import random
from unicodedata import normalize

import pyte
import pytest
from rich.cells import cell_len

from tests.bench.link.screen import CellScreen

ROWS, COLUMNS = 12, 30


def shown_by_pyte(data: bytes) -> list[str]:
    screen = pyte.Screen(COLUMNS, ROWS)
    pyte.ByteStream(screen).feed(data)
    return ["".join(screen.buffer[row][column].data for column in range(COLUMNS)) for row in range(ROWS)]


def shown(data: bytes, step: int = 1 << 16) -> list[str]:
    screen = CellScreen(ROWS, COLUMNS)
    for start in range(0, len(data), step):
        screen.feed(data[start : start + step])
    return screen.lines


def sequences(seed: int) -> bytes:
    """What a console may write, at random, without what pyte does otherwise than terminals. That is: a cursor
    outside the margins or behind the last column, and rows deleted beside such as were never written."""
    rng = random.Random(seed)
    top, bottom = 1, ROWS

    def number(most: int) -> str:
        return str(rng.randrange(1, most)) if rng.random() < 0.9 else ""

    def place() -> str:
        return f"\x1b[{rng.randrange(top, bottom + 1)};{rng.randrange(1, 16)}H"

    parts = []
    for _part in range(150):
        if rng.random() < 0.1:
            top, bottom = sorted(rng.sample(range(1, ROWS + 1), 2))
            parts.append(f"\x1b[{top};{bottom}r{place()}")
        parts.append(
            rng.choice(
                [
                    place() + "".join(rng.choices("abc xyz", k=rng.randrange(1, 14))),
                    place() + "\x1b[38;2;1;2;3;48;5;6mred\x1b[0m",
                    f"\r{'wide'[: rng.randrange(5)]}\r\n",
                    "\n\x1bM\x1bD",
                    f"\x1b[{number(8)}{rng.choice('ABCDGEF')}",
                    f"\x1b[{rng.choice(['', '0', '1', '2'])}{rng.choice('JK')}",
                    f"\x1b[{number(9)}{rng.choice('X@PL')}",
                    f"\x1b7{place()}8\x1b8",
                    f"\x1b[?7{rng.choice('hl')}",
                    "\x1b]0;title\x07",
                    "\b\t",
                ]
            )
        )
    return "".join(parts).encode()


@pytest.mark.parametrize("seed", range(40))
def test_shows_what_pyte_shows(seed):
    data = sequences(seed)
    assert shown(data) == shown_by_pyte(data)
    assert shown(data, step=7) == shown(data)


def test_wide_and_joined_characters_keep_their_columns():
    data = "\x1b[2;3H予約 e\u0301 済\x1b[2;20H|".encode()
    assert [normalize("NFC", each) for each in shown(data)] == shown_by_pyte(data)
    assert shown(data, step=1) == shown(data)


def test_half_of_a_wide_character_is_a_blank():
    for over in ("\x1b[1;2Hx", "\x1b[1;3Hx", "\x1b[1;3H\x1b[1K", "\x1b[1;2H\x1b[X", "\x1b[1;2H済"):
        assert cell_len(shown(("予約済" + over).encode())[0]) == COLUMNS


def test_wraps_where_it_is_to():
    full = b"a" * COLUMNS
    assert shown(full + b"bc")[:2] == [full.decode(), "bc".ljust(COLUMNS)]
    assert shown(full + b"\x1b[K\r\nbc")[:2] == ["a" * (COLUMNS - 1) + " ", "bc".ljust(COLUMNS)]
    assert shown(b"\x1b[?7l" + full + b"bc")[:2] == ["a" * (COLUMNS - 1) + "c", " " * COLUMNS]
    assert shown(b"a" * (COLUMNS - 1) + "済".encode())[1] == "済".ljust(COLUMNS - 1)


def test_scrolls_and_repeats():
    assert shown(b"1\r\n2\r\n3\r\n4\x1b[1;3r\x1b[2H\x1b[M")[:4] == [
        each.ljust(COLUMNS) for each in ("1", "3", "", "4")
    ]
    assert shown(b"1\r\n2\r\n3\x1b[1;2r\x1b[S")[:3] == [each.ljust(COLUMNS) for each in ("2", "", "3")]
    assert shown(b"1\r\n2\r\n3\x1b[1;2r\x1b[T")[:3] == [each.ljust(COLUMNS) for each in ("", "1", "3")]
    assert shown(b"ab\x1b[3b")[0] == "abbbb".ljust(COLUMNS)


def test_answers_as_of_that_point_in_the_stream():
    screen = CellScreen(ROWS, COLUMNS)
    screen.feed(b"\x1b[3;4Hab\x1b[6n\x1b[9;9H\x1b[5n\x1b[?2026$p\x1b[?2048$p\x1b[c")
    assert screen.take_answers() == b"\x1b[3;6R\x1b[0n\x1b[?2026;2$y\x1b[?2048;0$y\x1b[?62;22c"
    assert screen.take_answers() == b""


def test_a_synchronised_update_is_shown_at_its_end():
    screen = CellScreen(ROWS, COLUMNS)
    screen.feed(b"old\x1b[?2026h\x1b[1;1Hnew")
    assert screen.lines[0].rstrip() == "old"
    screen.feed(b"\x1b[?2026l")
    assert screen.lines[0].rstrip() == "new"
