"""Lets keys, mouse and pastes through; everything else a terminal may say is dropped before it can press keys.

A terminal answers questions that a hostile log line may have put to it, and Textual's parser hands what it
does not know on as key presses. So this is a list of what is allowed, in front of the parser: ECMA-48 5.4
for the grammar, xterm's ctlseqs for the replies, the kitty keyboard protocol for the keys.
"""

import re
from collections.abc import Callable, Iterable

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual.events import Paste

Item = str | Paste

KEY_WAIT = 0.1
"""Seconds after which an escape that nothing follows was the key itself."""
REPLY_WAIT = 1.0
"""Seconds without a byte after which a reply cut short is forgotten, and within which a cut key goes on."""
PASTE_WAIT = 3.0
"""Seconds without a byte after which a paste without an end has ended."""
PASTE_LIMIT = 1 << 20
"""Characters kept of one paste."""

_ESC = "\x1b"
_PASTE_START = "\x1b[200~"
_PASTE_END = "\x1b[201~"
_C1 = dict.fromkeys(range(128, 160)) | {
    0x90: "\x1bP", 0x98: "\x1bX", 0x9B: "\x1b[", 0x9C: "\x1b\\", 0x9D: "\x1b]", 0x9E: "\x1b^", 0x9F: "\x1b_",
}  # fmt: skip
_NOT_TEXT = {code: None for code in (*range(0x20), 0x7F) if chr(code) not in "\t\n\r"}
_PLAIN = re.compile(r"[^\x1b]+")
_CSI = re.compile(r"\x1b\[(?:\[.|M...|[0-?]*[ -/]*[@-LN-Z\\-~]|[0-?]+[ -/]*M)", re.DOTALL)
_CSI_BEGUN = re.compile(r"\x1b\[(?:\[|M.{0,2}|[0-?]*[ -/]*)", re.DOTALL)
_CSI_LIMIT = 64
_INTRODUCERS = ("\x1b[", "\x1bO")
_STRING_INTRODUCERS = "]PX^_"
_OSC_BEGUN = frozenset("0123456789;lLI\x07\x18\x1a\x1b")
"""What follows OSC in a terminal's reply: a number, or the letter of a title; or what ends it."""
_STRING_END = re.compile(r"[\x07\x18\x1a\x1b]")
_EXTENDED_KEY = re.compile(r"\x1b\[(\d*(?:;\d*(?:;[\d:]*)?)?)([u~ABCDEFHPQS])")
_ALLOWED = re.compile(
    r"\x1b\[(?:<\d+;-?\d+;-?\d+[Mm]"  # the mouse, SGR
    r"|[IO]"  # focus gained and lost
    r"|\?20(?:26|48);\d\$y)"  # the two modes that Textual asks for
)
_RESIZE = re.compile(r"\x1b\[48(?:;\d+(?::\d*)*){4}t")
_REPORT = re.compile(r"\x1b\[(?:\d+;\d+R|\d+n)")


class InputFilter:
    """Cuts the input into text, whole sequences for Textual's parser and whole pastes; keeps what is incomplete."""

    def __init__(self, is_answer: Callable[[str], bool] = lambda _sequence: False) -> None:
        """`is_answer` takes a report that answers a question of the console's own; it goes no further."""
        self._is_answer = is_answer
        self.dropped = 0
        """Sequences nobody asked for."""
        self.takes_resize = False
        """Whether the terminal was told to report its size in band (mode 2048)."""
        self._buffer = ""
        self._in_string = False
        self._introducer = ""
        """What the string began with, as long as nothing followed it."""
        self._paste: list[str] | None = None
        self._paste_size = 0
        self._last_byte = 0.0
        self._escaped_at = float("-inf")
        """When an escape was last taken for the key, since nothing followed it."""

    @property
    def deadline(self) -> float | None:
        """When `expire` has something to do (the clock of `feed`); None when nothing is incomplete."""
        if self._paste is not None:
            return self._last_byte + PASTE_WAIT
        if self._in_string:
            return self._last_byte + REPLY_WAIT
        if self._buffer:
            return self._last_byte + (KEY_WAIT if self._is_key(self._buffer) else REPLY_WAIT)
        return None

    def feed(self, text: str, now: float) -> list[Item]:
        """What `text` completes, in order. `now` in seconds of a monotonic clock."""
        self._last_byte = now
        items: list[Item] = [self._take(1)] if self._is_apart(text) else []
        text = text if text.isascii() else text.translate(_C1)
        self._buffer += f"{_ESC}{text}" if self._goes_on(text, now) else text
        while self._buffer:
            before = len(self._buffer), self._in_string, self._paste is None
            items += self._step()
            if (len(self._buffer), self._in_string, self._paste is None) == before:
                break
        return items

    def expire(self, now: float) -> list[Item]:
        """What is to be done when the time for completing something is over."""
        if self.deadline is None or now < self.deadline:
            return []
        if self._paste is not None:
            return [self._end_paste()]
        left, self._buffer = self._buffer, ""
        if self._in_string:
            self._in_string = False
            # Nothing came of it: escape and a bracket, typed fast.
            return [*self._introducer]
        if self._is_key(left):
            self._escaped_at = now if left == _ESC else self._escaped_at
            return [left]
        if left in _INTRODUCERS:
            return [*left]
        self.dropped += 1
        return []

    def _is_apart(self, text: str) -> bool:
        """Whether `text` begins with a key after the escape that came before: Alt and a key come in one piece."""
        if self._buffer != _ESC or self._in_string or self._paste is not None:
            return False
        return text[:1] not in ("", _ESC, "[", "O", *_STRING_INTRODUCERS)

    def _goes_on(self, text: str, now: float) -> bool:
        """Whether `text` is the rest of a key whose escape came so much earlier that it was taken for the key."""
        if self._buffer or self._paste is not None or now - self._escaped_at > REPLY_WAIT:
            return False
        self._escaped_at = float("-inf")
        sequence = f"{_ESC}{text}"
        return _CSI.match(sequence) is not None or (text[:1] == "O" and sequence[:3] in ANSI_SEQUENCES_KEYS)

    def _step(self) -> Iterable[Item]:
        if self._paste is not None:
            return self._read_paste()
        if self._in_string:
            return self._skip_string()
        if plain := _PLAIN.match(self._buffer):
            return [self._take(plain.end())]
        return self._read_escape()

    def _take(self, count: int) -> str:
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def _read_escape(self) -> Iterable[Item]:
        following = self._buffer[1:2]
        if not following:
            return []
        if following == "[":
            return self._read_csi()
        if following in _STRING_INTRODUCERS:
            self._introducer = self._take(2)
            self._in_string = True
            self.dropped += 1
            return []
        if following == "O":
            return [self._take(3)] if len(self._buffer) > 2 else []
        return [self._take(1 if following == _ESC else 2)]

    def _read_csi(self) -> Iterable[Item]:
        if complete := _CSI.match(self._buffer):
            return self._judge(self._take(complete.end()))
        begun = _CSI_BEGUN.match(self._buffer)
        assert begun is not None, "the buffer starts with ESC ["
        if begun.end() == len(self._buffer) and begun.end() <= _CSI_LIMIT:
            return []
        # Cut short by another sequence, or without an end. What some terminals send for a key looks so, too.
        broken = self._take(begun.end())
        if broken in ANSI_SEQUENCES_KEYS:
            return [broken]
        self.dropped += 1
        return []

    def _judge(self, sequence: str) -> Iterable[Item]:
        if sequence == _PASTE_START:
            self._paste, self._paste_size = [], 0
            return []
        if _REPORT.fullmatch(sequence):
            if self._is_answer(sequence):
                return []
        elif self._is_allowed(sequence):
            return [sequence]
        self.dropped += 1
        return []

    def _is_allowed(self, sequence: str) -> bool:
        if sequence in ANSI_SEQUENCES_KEYS or _ALLOWED.fullmatch(sequence):
            return True
        if _RESIZE.fullmatch(sequence):
            return self.takes_resize
        key = _EXTENDED_KEY.fullmatch(sequence)
        return key is not None and len(sequence) <= _CSI_LIMIT and _is_extended_key(key[1], key[2])

    def _is_key(self, text: str) -> bool:
        """Whether an incomplete sequence is what one key sends.

        `ESC [` and `ESC ]` are not taken for Alt and a bracket: a reply may begin so and go on late.
        """
        return text in ANSI_SEQUENCES_KEYS

    def _skip_string(self) -> Iterable[Item]:
        introducer, self._introducer = self._introducer, ""
        if introducer == "\x1b]" and self._buffer[0] not in _OSC_BEGUN:
            self._in_string = False
            self.dropped -= 1
            return [*introducer]  # escape and a bracket, and somebody types on
        found = _STRING_END.search(self._buffer)
        if found is None:
            self._buffer = ""
        elif found[0] != _ESC:
            self._take(found.end())
            self._in_string = False
        else:
            self._take(found.start())
            if len(self._buffer) > 1:
                self._take(2 if self._buffer[1] == "\\" else 0)
                self._in_string = False
        return []

    def _read_paste(self) -> Iterable[Item]:
        assert self._paste is not None
        end = self._buffer.find(_PASTE_END)
        if end >= 0:
            self._keep(self._take(end))
            self._take(len(_PASTE_END))
            return [self._end_paste()]
        # The end marker may have come in part.
        safe = next(
            (
                len(self._buffer) - n
                for n in range(len(_PASTE_END) - 1, 0, -1)
                if self._buffer.endswith(_PASTE_END[:n])
            ),
            len(self._buffer),
        )
        self._keep(self._take(safe))
        return []

    def _keep(self, text: str) -> None:
        assert self._paste is not None
        kept = text[: PASTE_LIMIT - self._paste_size]
        self._paste_size += len(kept)
        self._paste.append(kept)

    def _end_paste(self) -> Paste:
        """The paste as text; a control character in it must not reach the parser, which would press keys."""
        assert self._paste is not None
        text = "".join(self._paste).translate(_NOT_TEXT)
        self._paste = None
        return Paste(text)


def is_alt(item: str) -> bool:
    """Whether `item` is escape and one more character: Alt with a key, or the two typed fast."""
    return len(item) == 2 and item[0] == _ESC and item[1] != _ESC


def _is_extended_key(codes: str, final: str) -> bool:
    """Whether Textual's parser knows the key, and can make characters of all its numbers."""
    first, _separator, _rest = codes.partition(";")
    if final != "u" and f"{first or 1}{final}" not in FUNCTIONAL_KEYS:
        return False
    return all(
        not 0xD800 <= int(each) <= 0xDFFF and int(each) <= 0x10FFFF
        for each in re.split("[:;]", codes)
        if each
    )
