"""Sanitizes external text for display. Control characters can control the terminal and invisible ones mislead
the reader; both are made visible when text enters the models, so `widgets` and `tui` can draw any model's
text as it is."""

import re
import unicodedata
from math import isfinite
from typing import Any

LIMIT = 4096  # Maximum length of a name, a reason or a label, in characters

LINE_LIMIT = 32_768  # Maximum length of one log line, in characters

UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Control characters, invisible characters, bidirectional controls and lone surrogates."""

_SIGN_IN = re.compile(r"://[^/]*@")  # The user and password of an address
_PLAIN = bytes(range(0x20, 0x7F))
_LONG = 64
"""Characters from which on deleting is faster than `str.isprintable`, which looks every character up."""

_NAMES = {
    0x200E: "LRM", 0x200F: "RLM", 0x061C: "ALM", 0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO",
    0x202E: "RLO", 0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI", 0x2028: "LS", 0x2029: "PS",
}  # fmt: skip
_DROPPED = frozenset([0x200D, *range(0xFE00, 0xFE10)])
_COMBINING_LIMIT = 2
# Characters outside these blocks may combine. Only three in a row may be too many, so that neither Japanese text nor
# one with an emoji here and there is looked at character by character.
_MAY_COMBINE = re.compile(
    "[^\x00-\u02ff\u2010-\u20cf\u2100-\u2bff\u3000-\u3029\u3030-\u3098\u309b-\ua66e\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]"
    "{3,}"
)
# Hangul vowels and finals, and skin tones, join the preceding character though Unicode does not class them as marks.
_JOINING = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff\U0001f3fb-\U0001f3ff]")


def is_plain(text: str) -> bool:
    if not text.isascii():
        return False
    return text.isprintable() if len(text) < _LONG else not text.encode().translate(None, _PLAIN)


def clean(value: object, limit: int = LIMIT) -> str:
    """One safe line: control, bidirectional and invisible characters are shown by name, and the length is
    bounded. `bytes` are read as UTF-8 with U+FFFD for what is invalid; None becomes "". Idempotent."""
    return _clean(value, limit, keep_lines=False)


def without_sign_in(text: str) -> str:
    """The text with `***` in place of the user and password of every address, whatever characters these have."""
    return _SIGN_IN.sub("://***@", text)


def clean_line(text: str, limit: int = LINE_LIMIT) -> str:
    """A log message as one safe line: without the line feeds at its end, and CR LF inside it counts as a line
    feed. However a message is read, its text is the same."""
    # Most lines are printable ASCII: this check takes a tenth of a call to clean().
    if len(text) <= limit and is_plain(text):
        return text
    return clean(text.rstrip("\r\n").replace("\r\n", "\n"), limit)


def clean_block(value: object, limit: int = LIMIT) -> str:
    return _clean(value, limit, keep_lines=True)


def clean_json(value: Any, limit: int = 1 << 18) -> Any:
    """A JSON value with every text and key safe; line feeds are kept. A number that JSON has not is None."""
    match value:
        case str():
            return clean_block(value, limit)
        case dict():
            return {clean_block(key, limit): clean_json(each, limit) for key, each in value.items()}
        case list() | tuple():
            return [clean_json(each, limit) for each in value]
        case float() if not isfinite(value):
            return None
        case _:
            return value


def _clean(value: object, limit: int, *, keep_lines: bool) -> str:
    text = _decode(value)
    if len(text) <= limit and is_plain(text):
        return text
    if limit < len(text) <= limit + _MARK_ROOM and _CUT_MARK.search(text):
        whole = _make_safe(text, keep_lines=keep_lines)
        if whole == text:  # cut and cleaned already
            return text
    safe = _make_safe(text[:limit], keep_lines=keep_lines)
    over = max(0, len(text) - limit) + max(0, len(safe) - limit)
    return f"{safe[:limit]}…(+{over})" if over else safe


_CUT_MARK = re.compile(r"…\(\+\d+\)\Z")
_MARK_ROOM = 24


def _make_safe(text: str, *, keep_lines: bool) -> str:
    if keep_lines:
        text = text.replace("\r\n", "\n")
    text = UNSAFE.sub(_keep_lines if keep_lines else _show, text)
    return text if text.isascii() else _bound_combining(text)


def _decode(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    return value if isinstance(value, str) else str(value)


def _keep_lines(match: re.Match[str]) -> str:
    return "\n" if match[0] == "\n" else _show(match)


def _show(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code == 0x09:
        return "  "
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code in _DROPPED:
        return ""
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"<{_NAMES.get(code) or format(code, '02X')}>"


def _bound_combining(text: str) -> str:
    """Keep at most two combining marks per base character, so that a line does not overflow its row."""
    return _MAY_COMBINE.sub(_bound_run, text)


def _bound_run(match: re.Match[str]) -> str:
    characters: list[str] = []
    run = 0
    for character in match[0]:
        run = run + 1 if _combines(character) else 0
        if run <= _COMBINING_LIMIT:
            characters.append(character)
    return "".join(characters)


def _combines(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" or _JOINING.match(character) is not None
