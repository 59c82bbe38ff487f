"""Puts what a person typed into the form that CloudWatch Logs expects: an id with hyphens goes into quotation marks.

Without them `abc-123` is refused, and so are `Root=1-67…`, an address and a path: a term may have only letters, digits
and underscores.
"""

import re
from typing import NamedTuple

from services.i18n import _
from services.models.filter_patterns import phrase

_PLAIN = re.compile("[A-Za-z0-9_]+")
_PARTS = re.compile(r'[?-]?(?:"(?:[^"\\]|\\.)*"|%[^%]*%)|[^\s]+|\s+', re.DOTALL)
"""Quoted terms with their sign, other terms, blanks."""
_READY = re.compile(r'[?-]?(?:"(?:[^"\\]|\\.)*"|%[^%]*%)', re.DOTALL)


class Typed(NamedTuple):
    pattern: str
    terms: tuple[str, ...]
    """The terms that were put into quotation marks, with them."""

    @property
    def note(self) -> str:
        """What was done to the text, in words; ""."""
        if not self.terms:
            return ""
        return _("in quotation marks, as CloudWatch needs it: {terms}").format(terms=" ".join(self.terms))


def as_pattern(text: str) -> Typed:
    text = text.strip()
    if text[:1] in ("{", "["):
        return Typed(text, ())
    pieces, terms = [], []
    for part in _PARTS.findall(text):
        piece = _in_quotes(part)
        pieces.append(piece)
        if piece != part:
            terms.append(piece)
    return Typed("".join(pieces), tuple(terms))


def _in_quotes(part: str) -> str:
    if part.isspace() or _READY.fullmatch(part) or '"' in part:
        return part
    sign = part[0] if part[0] in "?-" and len(part) > 1 else ""
    term = part[len(sign) :]
    return part if _PLAIN.fullmatch(term) else sign + phrase(term)
