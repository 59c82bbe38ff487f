"""Puts what a person typed into the form that CloudWatch Logs expects, and two patterns into one. An id with
hyphens goes into quotation marks. Without them `abc-123` is refused, and so are `Root=1-67…`, an address and
a path: a term may have only letters, digits and underscores."""

import re
from typing import NamedTuple

from services.i18n import _
from services.models.filter_patterns import Json, Pattern, PatternError, Terms, parse, phrase

_PLAIN = re.compile("[A-Za-z0-9_]+")
_PARTS = re.compile(r'[?-]?(?:"(?:[^"\\]|\\.)*"|%[^%]*%)|[^\s]+|\s+', re.DOTALL)
"""Quoted terms with their sign, other terms, blanks."""
_READY = re.compile(r'[?-]?(?:"(?:[^"\\]|\\.)*"|%[^%]*%)', re.DOTALL)


class Typed(NamedTuple):
    pattern: str
    terms: tuple[str, ...]  # The terms that were put into quotation marks, with them

    @property
    def note(self) -> str:
        """What was done to the text, in words; ""."""
        if not self.terms:
            return ""
        return _("in quotation marks, as CloudWatch needs it: {terms}", terms=" ".join(self.terms))


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


def combined(present: str, further: str) -> str | None:
    """The pattern for lines that match both; None: no pattern says that, or one of them is none. Conditions
    on JSON are joined with `&&`, terms by standing beside each other; the two kinds cannot be mixed, and
    beside other terms optional ones (`?a ?b`) would mean something else."""
    if not present.strip() or not further.strip():
        return present.strip() or further.strip()
    first, second = _parsed(present), _parsed(further)
    if first is None or second is None:
        return None
    if first == second:
        return present.strip()
    if isinstance(first, Json) and isinstance(second, Json):
        whole = f"{{ ({_inner(present)}) && ({_inner(further)}) }}"
    elif isinstance(first, Terms) and isinstance(second, Terms):
        if any(term.sign == "?" for term in (*first.terms, *second.terms)):
            return None
        whole = f"{present.strip()} {further.strip()}"
    else:
        return None
    return whole if _parsed(whole) is not None else None


def _parsed(text: str) -> Pattern | None:
    try:
        return parse(text)
    except PatternError:
        return None


def _inner(pattern: str) -> str:
    return pattern.strip().removeprefix("{").removesuffix("}").strip()
