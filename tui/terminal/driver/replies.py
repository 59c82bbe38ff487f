"""Passes keys, mouse events and pastes on; drops all other input before it can act as key presses. A terminal
answers questions that a hostile log line may have asked, and Textual's parser turns unknown sequences into
key presses. So this is an allow-list in front of the parser: ECMA-48 5.4 for the grammar, xterm's ctlseqs for
the replies, the kitty keyboard protocol for the keys."""

import re
from collections.abc import Callable, Iterable

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual.events import Paste

Item = str | Paste

KEY_WAIT = 0.1  # Seconds after which a lone escape counts as the key
REPLY_WAIT = 1.0
"""Seconds without a byte after which an incomplete reply is discarded, and within which a split key is joined."""
PASTE_WAIT = 3.0  # Seconds without a byte after which a paste ends without its end marker
PASTE_LIMIT = 1 << 20  # Characters of one paste that are passed on

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
"""Characters that follow OSC in a terminal's reply: a digit, the letter of a title, or its end."""
_STRING_END = re.compile(r"[\x07\x18\x1a\x1b]")
_EXTENDED_KEY = re.compile(r"\x1b\[(\d*(?:;\d*(?:;[\d:]*)?)?)([u~ABCDEFHPQS])")
_ALLOWED = re.compile(
    r"\x1b\[(?:<\d+;-?\d+;-?\d+[Mm]"  # the mouse, SGR
    r"|[IO]"  # focus gained and lost
    r"|\?20(?:26|48);\d\$y)"  # the two modes that Textual asks for
)
_RESIZE = re.compile(r"\x1b\[48(?:;\d+(?::\d*)*){4}t")
_REPORT = re.compile(r"\x1b\[(?:\d+;\d+R|\d+n|\?69;\d\$y)")


class InputFilter:
    """Cuts the input into text, whole sequences for Textual's parser and whole pastes; keeps what is incomplete."""

    def __init__(self, is_answer: Callable[[str], bool] = lambda _sequence: False) -> None:
        self._is_answer = is_answer
        self.dropped = 0  # Number of sequences dropped as unsolicited
        self.takes_resize = False  # Whether the terminal was told to report its size in band (mode 2048)
        self._buffer = ""
        self._in_string = False
        self._introducer = ""  # The introducer of a string of which nothing else has arrived yet
        self._paste: list[str] | None = None
        self._paste_size = 0
        self._last_byte = 0.0
        self._escaped_at = float("-inf")  # When a lone escape was last passed on as a key

    @property
    def deadline(self) -> float | None:
        """When `expire` must be called (by the clock of `feed`); None while nothing is incomplete."""
        if self._paste is not None:
            return self._last_byte + PASTE_WAIT
        if self._in_string:
            return self._last_byte + REPLY_WAIT
        if self._buffer:
            return self._last_byte + (KEY_WAIT if self._is_key(self._buffer) else REPLY_WAIT)
        return None

    def feed(self, text: str, now: float) -> list[Item]:
        """The items that `text` completes, in order. `now` in monotonic seconds."""
        self._last_byte = now
        items: list[Item] = [self._take(1)] if self._ends_escape(text) else []
        text = text if text.isascii() else text.translate(_C1)
        self._buffer += f"{_ESC}{text}" if self._goes_on(text, now) else text
        while self._buffer:
            before = len(self._buffer), self._in_string, self._paste is None
            items += self._step()
            if (len(self._buffer), self._in_string, self._paste is None) == before:
                break
        return items

    def expire(self, now: float) -> list[Item]:
        """The items that are due because nothing completed them in time."""
        if self.deadline is None or now < self.deadline:
            return []
        if self._paste is not None:
            return [self._end_paste()]
        rest, self._buffer = self._buffer, ""
        if self._in_string:
            self._in_string = False
            # No string followed: escape and a bracket, typed fast.
            return [*self._introducer]
        if self._is_key(rest):
            self._escaped_at = now if rest == _ESC else self._escaped_at
            return [rest]
        if rest in _INTRODUCERS:
            return [*rest]
        self.dropped += 1
        return []

    def _ends_escape(self, text: str) -> bool:
        """Whether the escape in the buffer was a key of its own: Alt and a key arrive in one read."""
        if self._buffer != _ESC or self._in_string or self._paste is not None:
            return False
        return text[:1] not in ("", _ESC, "[", "O", *_STRING_INTRODUCERS)

    def _goes_on(self, text: str, now: float) -> bool:
        """Whether `text` continues a key whose escape arrived so much earlier that it was passed on as a key."""
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
        prefix, self._buffer = self._buffer[:count], self._buffer[count:]
        return prefix

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
        # Cut short by another sequence, or without an end; some terminals send such a sequence for a key.
        incomplete = self._take(begun.end())
        if incomplete in ANSI_SEQUENCES_KEYS:
            return [incomplete]
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
        """Whether an incomplete sequence is what one key sends. `ESC [` and `ESC ]` are not taken for Alt and
        a bracket: a reply may begin so and go on late."""
        return text in ANSI_SEQUENCES_KEYS

    def _skip_string(self) -> Iterable[Item]:
        introducer, self._introducer = self._introducer, ""
        if introducer == "\x1b]" and self._buffer[0] not in _OSC_BEGUN:
            self._in_string = False
            self.dropped -= 1
            return [*introducer]  # escape and a bracket, followed by more typing
        end = _STRING_END.search(self._buffer)
        if end is None:
            self._buffer = ""
        elif end[0] != _ESC:
            self._take(end.end())
            self._in_string = False
        else:
            self._take(end.start())
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
        # A part of the end marker may have arrived.
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
        part = text[: PASTE_LIMIT - self._paste_size]
        self._paste_size += len(part)
        self._paste.append(part)

    def _end_paste(self) -> Paste:
        """The paste as text; a control character in it must not reach the parser, which would press keys."""
        assert self._paste is not None
        text = "".join(self._paste).translate(_NOT_TEXT)
        self._paste = None
        return Paste(text)


def is_alt(item: str) -> bool:
    """Whether `item` is escape and one more character: Alt and a key, or two keys typed fast."""
    return len(item) == 2 and item[0] == _ESC and item[1] != _ESC


def _is_extended_key(codes: str, final: str) -> bool:
    first, _separator, _rest = codes.partition(";")
    if final != "u" and f"{first or 1}{final}" not in FUNCTIONAL_KEYS:
        return False
    return all(
        not 0xD800 <= int(each) <= 0xDFFF and int(each) <= 0x10FFFF
        for each in re.split("[:;]", codes)
        if each
    )
