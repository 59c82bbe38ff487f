"""Invalidation paths as typed, and as CloudFront takes them. Pure.

Source: "What you need to know when invalidating files" (Amazon CloudFront Developer Guide): a path begins with `/`,
`*` is a wildcard only as the last character, paths are case-sensitive and hold at most 4,000 characters, and characters
that are not ASCII or that RFC 1738 calls unsafe are percent-encoded, while encoding any other character makes a path that
matches nothing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.i18n import _
from services.models.text import clean

LONGEST = 4000  # Maximum characters of a path
MOST_FILES, MOST_WILDCARDS = 3000, 15  # Maximum paths in progress at once, without and with `*`
_UNSAFE = '<>"{}|\\^~[]`'
"""RFC 1738's unsafe characters that CloudFront refuses unless they are encoded; `#` and `%` have rules of their own."""
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_HASHED = re.compile(r"\.\*\.[A-Za-z0-9]+$")
"""The end of a path to a file with a hash in its name: `main.*.js`."""


@dataclass(frozen=True, slots=True)
class InvalidationPaths:
    """The paths to send, without repetitions, in the order in which they were typed."""

    paths: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()  # Why some of them cannot be sent, each with what to do instead
    encoded: tuple[tuple[str, str], ...] = ()  # (as typed, as sent) of the paths that had to be encoded

    @property
    def wildcards(self) -> int:
        return sum(path.endswith("*") for path in self.paths)

    @property
    def covered(self) -> tuple[str, ...]:
        """The paths that another path of the same request covers, so that they only add to the count."""
        prefixes = [path[:-1] for path in self.paths if path.endswith("*")]
        return tuple(
            path
            for path in self.paths
            if any(path.rstrip("*").startswith(prefix) and path != f"{prefix}*" for prefix in prefixes)
        )


def read_paths(text: str) -> InvalidationPaths:
    """The paths in a text, separated by spaces; a space within a path is typed as `%20`."""
    paths: dict[str, None] = {}
    refusals: list[str] = []
    encoded: list[tuple[str, str]] = []
    for typed in text.split():
        path, refusal = read_path(typed)
        if refusal:
            refusals.append(refusal)
        elif path not in paths:
            paths[path] = None
            if path != typed:
                encoded.append((clean(typed), path))
    read = InvalidationPaths(tuple(paths), tuple(dict.fromkeys(refusals)), tuple(encoded))
    return InvalidationPaths(read.paths, (*read.refusals, *_too_many(read)), read.encoded)


def read_path(typed: str) -> tuple[str, str]:
    """(the path as CloudFront takes it, "") or ("", why it cannot be sent and what to do instead)."""
    if refusal := next(_refusals(typed), ""):
        return "", refusal
    try:
        path = "".join(
            character if character.isascii() and character not in _UNSAFE else _encoded(character)
            for character in typed
        )
    except UnicodeEncodeError:
        return "", _("The path {path} holds a broken character: type it again.", path=clean(typed))
    if len(path) > LONGEST:
        text = _("A path holds at most {most} characters, and {path} has {count}: end it earlier with `*`.")
        return "", text.format(most=f"{LONGEST:,}", path=_shortened(typed), count=f"{len(path):,}")
    return path, ""


def _refusals(typed: str) -> Iterator[str]:
    path = _shortened(typed)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", typed):
        yield _("{path} is an address. Give only its path: {instead}", path=path, instead=_path_of(typed))
    if not typed.startswith("/"):
        text = _("A path begins with `/`. Instead of {path}, give {instead}")
        yield text.format(path=path, instead=_shortened("/" + typed.lstrip("／/")))
    if any(character in typed for character in "／＊"):
        text = _(
            "{path} holds full-width characters that CloudFront does not treat as `/` and `*`: give {instead}"
        )
        yield text.format(path=path, instead=_shortened(typed.replace("／", "/").replace("＊", "*")))
    if any(ord(character) < 32 or ord(character) == 127 for character in typed):
        yield _("The path {path} holds a control character: type it again.", path=path)
    if "#" in typed:
        text = _("Browsers do not send what follows `#`. Instead of {path}, give {instead}")
        yield text.format(path=path, instead=_shortened(typed.partition("#")[0]))
    if "*" in typed[:-1]:
        yield _wildcard_within(typed)
    yield from _escapes(typed)


def _wildcard_within(typed: str) -> str:
    instead = typed.partition("*")[0] + "*"
    if _HASHED.search(typed):
        text = _(
            "`*` is a wildcard only as the last character, so {path} matches no file. Files with a hash in their name "
            "need no invalidation, because each version has a new name: invalidate the page that names them, such as "
            "/index.html. To invalidate them nevertheless, give {instead}"
        )
    else:
        text = _(
            "`*` is a wildcard only as the last character, so {path} matches no file. Give {instead}, which covers more"
        )
    return text.format(path=_shortened(typed), instead=_shortened(instead))


def _escapes(typed: str) -> Iterator[str]:
    """Why the percent signs of a path cannot be sent."""
    for escape in _ESCAPE.finditer(typed):
        if escape[1] is None:
            text = _("`%` begins an encoded character. Instead of {path}, write the percent sign as `%25`")
            yield text.format(path=_shortened(typed))
        elif not _may_be_encoded(int(escape[1], 16)):
            text = _(
                "In {path}, {code} stands for a character that must not be encoded, or the path matches no file. "
                "Write {character} itself"
            )
            yield text.format(path=_shortened(typed), code=escape[0], character=chr(int(escape[1], 16)))


def _may_be_encoded(byte: int) -> bool:
    """Whether a byte is encoded in a path: a control character or space, an unsafe one, or part of one beyond ASCII."""
    return byte <= 32 or byte >= 127 or chr(byte) in _UNSAFE + "#%"


def _encoded(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def _too_many(read: InvalidationPaths) -> Iterable[str]:
    if not read.paths and not read.refusals:
        yield _("Give at least one path, such as /index.html; separate several with spaces.")
    if read.wildcards > MOST_WILDCARDS:
        text = _(
            "CloudFront takes at most {most} paths with `*` at a time, not {count}: give fewer, or /* alone."
        )
        yield text.format(most=MOST_WILDCARDS, count=read.wildcards)
    if len(read.paths) - read.wildcards > MOST_FILES:
        text = _(
            "CloudFront takes at most {most} files at a time, not {count}: use `*`, or invalidate in parts."
        )
        yield text.format(most=f"{MOST_FILES:,}", count=f"{len(read.paths) - read.wildcards:,}")


def _path_of(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    return _shortened((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _shortened(path: str) -> str:
    return clean(path, 120)
