_MARGINS = b"\x1b[?69$p"
_ANSWERS = {
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b[6n": b"\x1b[1;1R",
    b"\x1b[5n": b"\x1b[0n",
    _MARGINS: b"\x1b[?69;2$y",
}
"""What it is (lnav waits for that), where its cursor is, how it is, that left and right margins can be set (xterm)."""
_NO_MARGINS = b"\x1b[?69;0$y"
_LONGEST = 6  # Bytes of a question that may have come without its end


class Answering:
    def __init__(self, *, margins: bool = True) -> None:
        """`margins`: as xterm, the terminal has left and right margins; tmux has none."""
        self._cut = b""
        self._answers = _ANSWERS if margins else _ANSWERS | {_MARGINS: _NO_MARGINS}

    def to(self, data: bytes) -> bytes:
        data = self._cut + data
        answers = sorted(
            (at, answer) for question, answer in self._answers.items() for at in _places(data, question)
        )
        ends = (data[-length:] for length in range(_LONGEST, 0, -1))
        self._cut = next((end for end in ends if any(each.startswith(end) for each in _ANSWERS)), b"")
        if self._cut in _ANSWERS:
            self._cut = b""
        return b"".join(answer for _at, answer in answers)


def _places(data: bytes, question: bytes) -> list[int]:
    places, at = [], data.find(question)
    while at >= 0:
        places.append(at)
        at = data.find(question, at + 1)
    return places
