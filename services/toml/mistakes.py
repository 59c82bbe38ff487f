"""Mistakes in a data file, said in words with what to do about them."""

import difflib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from services.i18n import N_, _

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)\s*$")

_MESSAGES = {
    "missing": N_("required: add this key"),
    "string_type": N_("must be text: put it in quotes"),
    "int_type": N_("must be a whole number, without quotes"),
    "int_parsing": N_("must be a whole number"),
    "int_from_float": N_("must be a whole number"),
    "float_type": N_("must be a number, without quotes"),
    "float_parsing": N_("must be a number"),
    "bool_type": N_("must be true or false, without quotes"),
    "bool_parsing": N_("must be true or false"),
    "tuple_type": N_("must be a list: put it in [ ]"),
    "model_type": N_("must be a table"),
    "dict_type": N_("must be a table"),
    "date_type": N_("must be a date such as 2026-04-01, without quotes"),
    "date_parsing": N_("must be a date such as 2026-04-01, without quotes"),
    "date_from_datetime_parsing": N_("must be a date such as 2026-04-01, without quotes"),
    "date_from_datetime_inexact": N_("must be a date without a time"),
    "enum": N_("must be one of {expected}"),
    "literal_error": N_("must be one of {expected}"),
    "greater_than": N_("must be more than {gt}"),
    "greater_than_equal": N_("must be {ge} or more"),
    "less_than": N_("must be less than {lt}"),
    "less_than_equal": N_("must be {le} or less"),
    "too_short": N_("must have at least {min_length}"),
}

_PATTERNS = {
    r"^\d{12}$": N_("must be an AWS account: twelve digits in quotes"),
    r"^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$": N_("must be an AWS region such as ap-northeast-1"),
    r"^[a-z0-9][a-z0-9-]*$": N_("must be lower-case letters, digits and hyphens"),
    r"^([01]\d|2[0-3]):[0-5]\d$": N_("must be a time of day such as 09:00"),
    r"^\d{2}-\d{2}$": N_("must be month and day such as 12-29"),
}


def invalid(error: "ErrorDetails") -> str:
    """One of pydantic's errors in words; an unusual one in pydantic's own."""
    context = error.get("ctx", {})
    message = _MESSAGES.get(error["type"])
    if error["type"] == "string_pattern_mismatch":
        message = _PATTERNS.get(context.get("pattern", ""))
    if error["type"] == "value_error":
        return str(context.get("error", error["msg"]))
    if error["type"] in ("enum", "literal_error") and len(expected(context.get("expected"))) == 1:
        message = N_("must be {expected}")
    text = _(message).format(**_listed(context)) if message else error["msg"]
    if error["type"] == "missing" or isinstance(error["input"], dict | list):
        return text
    return _("{mistake} (found {value})").format(mistake=text, value=_short(error["input"]))


def _listed(context: dict[str, object]) -> dict[str, object]:
    """Pydantic's `'a', 'b' or 'c'` without its English `or`; bounds without a needless `.0`."""
    plain = {key: f"{value:g}" if isinstance(value, float) else value for key, value in context.items()}
    if "expected" in plain:
        plain["expected"] = ", ".join(expected(plain["expected"]))
    return plain


def expected(told: object) -> list[str]:
    """The values in pydantic's `'a', 'b' or 'c'`, or `1, 2 or 3`."""
    found = re.findall(r"'((?:[^'\\]|\\.)*)'|([^\s,']+)", str(told))
    return [quoted or bare for quoted, bare in found if bare != "or"]


def not_text(value: object) -> str:
    """A number, a truth value or a table where text belongs."""
    mistake = _MESSAGES["string_type"]
    return _("{mistake} (found {value})").format(mistake=_(mistake), value=_short(value))


def _short(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def unknown_key(name: str, known: Iterable[str]) -> str:
    """An unknown key, with the one that was probably meant or those that exist."""
    names = list(known)
    return f"{_('unknown key')}: {meant(name, names) or _listing(names)}"


def unknown(name: str, known: Iterable[str]) -> str:
    """A name that nothing bears, with the one that was probably meant or those that exist."""
    names = list(known)
    said = _('"{name}" does not exist').format(name=name)
    return f"{said}: {meant(name, names) or _listing(names)}"


def meant(name: str, known: Iterable[str]) -> str:
    """`did you mean "x"?`, or "" when nothing is near."""
    found = near(name, known)
    return did_you_mean(found) if found else ""


def near(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or ""."""
    return next(iter(difflib.get_close_matches(name, list(known), 1, 0.6)), "")


def did_you_mean(name: str) -> str:
    """The question."""
    return _('did you mean "{name}"?').format(name=name)


def _listing(names: list[str]) -> str:
    if not names:
        return _("none available")
    return _("available: {names}").format(names=", ".join(names[:40]))


def offset(error: Exception, text: str) -> int | None:
    """The character where reading TOML ended; None for the end of the text, or where that is not told."""
    place = _PLACE.search(str(error))
    if not place or not place[1]:
        return None
    start = 0
    for _line in range(int(place[1]) - 1):
        start = text.index("\n", start) + 1
    return start + int(place[2]) - 1


def syntax(error: Exception, text: str) -> tuple[int, str]:
    """The line (from 1) and the reason of what is not TOML."""
    message = str(error)
    place = _PLACE.search(message)
    line = int(place[1]) if place and place[1] else text.rstrip().count("\n") + 1
    return line, _("not TOML: {reason}").format(reason=_PLACE.sub("", message))
