"""Quotes words for a shell so that one command is one line of visible characters, whatever AWS returned.
Source: "Quoting" (bash and zsh manuals). A control character inside plain quotes would be typed by the
terminal that the line is pasted into; `$'…'` writes it as an escape."""

import re

from services.models.text import UNSAFE

_BARE = re.compile(r"[\w@%+:,./-][\w@%+=:,./-]*", re.ASCII)
"""Words without quotes; zsh replaces one that begins with `=`."""
_VARIABLE = re.compile("\0([A-Z_]+)\0")  # `services.models.aws_cli.Variable`
_REPLACEMENT = "\\xEF\\xBF\\xBD"  # U+FFFD, for what an argument cannot contain: NUL and lone surrogates


def quoted(word: str) -> str:
    """`word` as a shell reads it back exactly, with the values of variables in it."""
    if "\0" in word and _VARIABLE.search(word):
        parts = _VARIABLE.split(word)
        return "".join(
            f'"${part}"' if at % 2 else _quoted(part) if part else "" for at, part in enumerate(parts)
        )
    return _quoted(word)


def _quoted(word: str) -> str:
    if _BARE.fullmatch(word):
        return word
    if UNSAFE.search(word) is None:
        return "'" + word.replace("'", "'\\''") + "'"
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{UNSAFE.sub(_escape, escaped)}'"


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character == "\0" or "\ud800" <= character <= "\udfff":
        return _REPLACEMENT
    return "".join(f"\\x{byte:02X}" for byte in character.encode())
