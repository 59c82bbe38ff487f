"""Quotes words for a shell so that one command is one line of visible characters, whatever AWS returned.

Source: "Quoting" (bash and zsh manuals). A control character inside plain quotes would be typed by the terminal that
the line is pasted into; `$'…'` writes it as an escape.
"""

import re
import shlex

from services.models.text import UNSAFE

_BARE = re.compile(r"[\w@%+:,./-][\w@%+=:,./-]*", re.ASCII)
"""Words without quotes; zsh replaces one that begins with `=`."""
_REPLACEMENT = "\\xEF\\xBF\\xBD"
"""U+FFFD, for what an argument cannot contain: NUL and lone surrogates."""


def quoted(word: str) -> str:
    """`word` as a shell reads it back exactly."""
    if _BARE.fullmatch(word):
        return word
    if UNSAFE.search(word) is None:
        return shlex.quote(word)
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{UNSAFE.sub(_escape, escaped)}'"


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character == "\0" or "\ud800" <= character <= "\udfff":
        return _REPLACEMENT
    return "".join(f"\\x{byte:02X}" for byte in character.encode())
