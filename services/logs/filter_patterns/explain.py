from collections.abc import Iterable
from typing import NamedTuple

from services.i18n import N_, _
from services.logs.filter_patterns.quoting import as_pattern
from services.models.filter_patterns import (
    Condition,
    Fields,
    Joined,
    Json,
    PatternError,
    Term,
    Terms,
    Test,
    Value,
    parse,
)

_TESTS = {
    "EXISTS": N_("{subject} exists"),
    "NOT EXISTS": N_("{subject} does not exist"),
    "IS NULL": N_("{subject} is null"),
    "IS TRUE": N_("{subject} is true"),
    "IS FALSE": N_("{subject} is false"),
}
_SIGNS = {"=": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}


class Explanation(NamedTuple):
    pattern: str  # What is sent to CloudWatch Logs: the text, with ids in quotation marks
    words: str  # Which lines match, or what is wrong
    error_at: int | None = None  # Where the typed text is wrong (characters from 0); None if it is not


def explain(text: str) -> Explanation:
    typed = as_pattern(text)
    try:
        pattern = parse(typed.pattern)
    except PatternError:
        return _wrong(text)
    if pattern is None:
        return Explanation("", _("every line"))
    words = _terms(pattern) if isinstance(pattern, Terms) else _json_or_fields(pattern)
    return Explanation(typed.pattern, _("; ").join(filter(None, (words, typed.note))))


def _wrong(text: str) -> Explanation:
    try:
        parse(text)
    except PatternError as error:
        words = _("character {number}: {mistake}", number=error.at + 1, mistake=error)
        return Explanation(text.strip(), words, error.at)
    return Explanation(text.strip(), "")


def _terms(pattern: Terms) -> str:
    needed = [term for term in pattern.terms if term.sign == ""]
    optional = [term for term in pattern.terms if term.sign == "?"]
    excluded = _list((term for term in pattern.terms if term.sign == "-"), _(" or "))
    terms = _list(needed, _(" and ")) if needed else _list(optional, _(" or "))
    if not terms:
        words = _("lines without {excluded}")
    else:
        words = _("lines with {terms}, without {excluded}") if excluded else _("lines with {terms}")
    words = words.format(terms=terms, excluded=excluded)
    if needed and optional:
        ignored = _("{terms} changes nothing beside the others", terms=_list(optional, _(", ")))
        return _("; ").join((words, ignored))
    return words


def _list(terms: Iterable[Term], joint: str) -> str:
    return joint.join(_value(term.value) for term in terms)


def _value(value: Value) -> str:
    if value.kind == "regex":
        return _("what matches /{text}/", text=value.text)
    return _("“{text}”", text=value.text)


def _json_or_fields(pattern: Json | Fields) -> str:
    if isinstance(pattern, Json):
        return _("JSON lines in which {condition}", condition=_condition(pattern.condition))
    names = [_(", ").join(_slot_names(slot)) for slot in pattern.slots]
    tests = [_condition(slot) for slot in pattern.slots if not isinstance(slot, str)]
    if "..." in pattern.slots:
        least = sum(len(list(_slot_names(slot))) for slot in pattern.slots if slot != "...")
        words = _("lines of {count} or more fields ({names})", count=least, names=_(", ").join(names))
    elif pattern.slots == ("",):
        words = _("lines of fields separated by blanks")
    else:
        count = sum(len(list(_slot_names(slot))) for slot in pattern.slots)
        words = _("lines of {count} fields ({names})", count=count, names=_(", ").join(names))
    return (
        _("{lines} in which {condition}", lines=words, condition=_(" and ").join(tests)) if tests else words
    )


def _slot_names(slot: str | Condition) -> Iterable[str]:
    if isinstance(slot, str):
        return [{"...": "…", "": "·"}.get(slot, slot)]
    return dict.fromkeys(_subjects(slot))


def _subjects(condition: Condition) -> Iterable[str]:
    if isinstance(condition, Test):
        return [condition.subject]
    return [subject for part in condition.parts for subject in _subjects(part)]


def _condition(condition: Condition, *, inner: bool = False) -> str:
    if isinstance(condition, Joined):
        joint = _(" and ") if condition.sign == "&&" else _(" or ")
        words = joint.join(_condition(part, inner=True) for part in condition.parts)
        return _("({words})", words=words) if inner else words
    subject = condition.subject.removeprefix("$.")
    if condition.value is None:
        return _(_TESTS[condition.sign], subject=subject)
    return _comparison(subject, condition.sign, condition.value)


def _comparison(subject: str, sign: str, value: Value) -> str:
    is_equal = sign == "="
    if value.kind == "regex":
        words = _("{subject} matches /{text}/") if is_equal else _("{subject} does not match /{text}/")
        return words.format(subject=subject, text=value.text)
    starts, ends = value.text.endswith("*"), value.text.startswith("*")
    text = value.text.strip("*") if len(value.text) > 1 else value.text
    if sign in ("=", "!=") and (starts or ends) and len(value.text) > 1:
        if starts and ends:
            words = _("{subject} contains “{text}”") if is_equal else _("{subject} does not contain “{text}”")
        elif starts:
            words = (
                _("{subject} begins with “{text}”")
                if is_equal
                else _("{subject} does not begin with “{text}”")
            )
        else:
            words = (
                _("{subject} ends with “{text}”") if is_equal else _("{subject} does not end with “{text}”")
            )
        return words.format(subject=subject, text=text)
    shown = _value(value) if value.kind == "phrase" else value.text
    return f"{subject} {_SIGNS[sign]} {shown}"
