"""Combines two filter patterns into one that matches the lines which both match, where the language has one."""

from services.logs.filter_patterns.model import Json, Pattern, PatternError, Terms
from services.logs.filter_patterns.parse import parse


def combined(present: str, further: str) -> str | None:
    """The pattern for lines that match both; None: no pattern says that, or one of them is none.

    Conditions on JSON are joined with `&&`, terms by standing beside each other; the two kinds cannot be mixed, and
    beside other terms optional ones (`?a ?b`) would mean something else.
    """
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
