import difflib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from services.i18n import N_, _
from services.toml.positions import statement_line

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)\s*$")

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
    context = error.get("ctx", {})
    message = _MESSAGES.get(error["type"])
    if error["type"] == "string_pattern_mismatch":
        message = _PATTERNS.get(context.get("pattern", ""))
    if error["type"] == "value_error":
        return str(context.get("error", error["msg"]))
    if error["type"] in ("enum", "literal_error") and len(expected(context.get("expected"))) == 1:
        message = N_("must be {expected}")
    text = _(message, **_listed(context)) if message else error["msg"]
    if error["type"] == "missing" or isinstance(error["input"], dict | list):
        return text
    return _("{mistake} (found {value})", mistake=text, value=_short(error["input"]))


def _listed(context: dict[str, object]) -> dict[str, object]:
    """The error's context for display: lists of values without the English `or`, bounds without a trailing `.0`."""
    plain = {key: f"{value:g}" if isinstance(value, float) else value for key, value in context.items()}
    if "expected" in plain:
        plain["expected"] = ", ".join(expected(plain["expected"]))
    return plain


def expected(listing: object) -> list[str]:
    """The values in a list as pydantic words it: `'a', 'b' or 'c'`, or `1, 2 or 3`."""
    values = re.findall(r"'((?:[^'\\]|\\.)*)'|([^\s,']+)", str(listing))
    return [quoted or bare for quoted, bare in values if bare != "or"]


def not_text(value: object) -> str:
    mistake = _MESSAGES["string_type"]
    return _("{mistake} (found {value})", mistake=_(mistake), value=_short(value))


def _short(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def unknown_key(name: str, existing: Iterable[str]) -> str:
    names = list(existing)
    return f"{_('unknown key')}: {suggestion(name, names) or _listing(names)}"


def unknown_version(error: "ErrorDetails") -> str:
    return f"{_('unknown version')}: {invalid(error)}"


def may_be_newer(message: str) -> bool:
    """Whether the message is about something that a newer version may know: a key, or the version of the format."""
    return message.startswith((f"{_('unknown key')}: ", f"{_('unknown version')}: "))


def unknown_name(name: str, existing: Iterable[str]) -> str:
    names = list(existing)
    message = _('"{name}" does not exist', name=name)
    return f"{message}: {suggestion(name, names) or _listing(names)}"


def suggestion(name: str, existing: Iterable[str]) -> str:
    """`did you mean "x"?`, or "" if no existing name is similar."""
    candidate = near(name, existing)
    return did_you_mean(candidate) if candidate else ""


def near(name: str, existing: Iterable[str]) -> str:
    """The most similar existing name, or ""."""
    return next(iter(difflib.get_close_matches(name, list(existing), 1, 0.6)), "")


def did_you_mean(name: str) -> str:
    return _('did you mean "{name}"?', name=name)


def _listing(names: list[str]) -> str:
    if not names:
        return _("none available")
    return _("available: {names}", names=", ".join(names[:40]))


def syntax(error: Exception, text: str) -> tuple[int, str]:
    """The line (from 1) of a TOML syntax error, and what is wrong there."""
    message = str(error)
    place = _PLACE.search(message)
    line = int(place[1]) if place and place[1] else text.rstrip().count("\n") + 1
    reason = _PLACE.sub("", message)
    if not place or not place[1] or reason.startswith("Unclosed"):
        # What is not closed is noticed behind it.
        line = statement_line(text, line)
    return line, _("not TOML: {reason}", reason=reason)
