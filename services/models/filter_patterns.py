"""Filter patterns of CloudWatch Logs: parsed, with the place of a mistake, for the console and for the
embedded AWS. Source: "Filter pattern syntax for metric filters, subscription filters, filter log events, and
Live Tail" and "Supported regular expressions" (Amazon CloudWatch Logs user guide). AWS is the judge: what is
accepted here may still be refused there, and TestMetricFilter says so."""

import re
from dataclasses import dataclass
from typing import Literal

from services.i18n import _

LIMIT = 1024  # Characters of a pattern at most
DEPTH = 50  # Brackets inside each other at most

_OPTIONAL, _EXCLUDED = re.compile(r"\?(?=\S)"), re.compile("-")
_PHRASE, _REGEX = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL), re.compile("%[^%]*%")
_WORD = re.compile(r'[^\s"]+')
_SELECTOR = re.compile(r"""\$(?:\.?\[(?:\d+|\*)\]|\.[\w\-]+|\.\*|\.?\["[^"]*"\])+""")
_SIGN = re.compile("!=|=!|<=|>=|=|<|>")
_CONSTANT = re.compile("NULL|TRUE|FALSE")
_BARE = re.compile(r'[^\s()&|<>=!"%}]+')
_ELLIPSIS, _NAME = re.compile(r"\.\.\.|…"), re.compile(r"[\w$\-]+")
_VALUE = re.compile(r'[^\s&|,\]"%]+')
_AND, _OR, _COMMA = re.compile("&&"), re.compile(r"\|\|"), re.compile(",")
_OPEN, _CLOSE = re.compile(r"\("), re.compile(r"\)")
_EXISTS, _NOT, _IS = re.compile("EXISTS"), re.compile("NOT"), re.compile("IS")
_BRACE, _END_BRACE = re.compile(r"\{"), re.compile(r"\}")
_BRACKET, _END_BRACKET = re.compile(r"\["), re.compile(r"\]")

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.IGNORECASE)
_REGEX_TEXT = re.compile(r"[A-Za-z0-9 :_#=@/;,^$?\[\]{}|\\*+.\-]+")
_BEYOND_REGEX = re.compile(r"\\(?![dDsSwWx^$?\[\]{}|\\*+.\-/:_#=@;,])")
_ORDERS = ("<", "<=", ">", ">=")
_BLANKS = re.compile(r"\s*")

Sign = Literal["", "?", "-"]


class PatternError(ValueError):
    """A pattern that AWS refuses; `at` is the position of the mistake (characters from 0)."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Value:
    text: str  # Without quotes or percent signs
    kind: Literal["word", "phrase", "regex"]


@dataclass(frozen=True, slots=True)
class Term:
    sign: Sign
    value: Value


@dataclass(frozen=True, slots=True)
class Test:
    subject: str
    sign: str  # `=`, `!=`, `<`, `<=`, `>`, `>=`, or a word: `EXISTS`, `NOT EXISTS`, `IS NULL`…
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """Conditions joined by `&&` or `||`; at least two."""

    sign: Literal["&&", "||"]
    parts: "tuple[Condition, ...]"


Condition = Test | Joined


@dataclass(frozen=True, slots=True)
class Terms:
    """`ERROR -Exiting "a phrase"`"""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Json:
    """`{ $.level = "ERROR" }`"""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Fields:
    """`[ip, user, ..., status = 5*]`: a name, "" for a field without one, "..." for any number, or conditions."""

    slots: tuple[str | Condition, ...]


Pattern = Terms | Json | Fields


def phrase(text: str) -> str:
    """A text as a phrase that matches exactly it: in quotation marks, since ids contain `-` and `=`."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip(self) -> None:
        blanks = _BLANKS.match(self.text, self.at)
        self.at = blanks.end() if blanks is not None else self.at

    def take(self, token: re.Pattern[str]) -> str | None:
        self.skip()
        match = token.match(self.text, self.at)
        if match is None or match.end() == match.start():
            return None
        self.at = match.end()
        return match[0]

    def need(self, token: re.Pattern[str], message: str) -> str:
        """The token at this place. Raises PatternError."""
        text = self.take(token)
        if text is None:
            raise self.error(message)
        return text

    def error(self, message: str, at: int | None = None) -> PatternError:
        return PatternError(message, self.at if at is None else at)

    @property
    def is_over(self) -> bool:
        self.skip()
        return self.at == len(self.text)


def parse(text: str) -> Pattern | None:
    """The pattern; None for "", which matches every line. Raises PatternError with the position in `text`."""
    start = len(text) - len(text.lstrip())
    scanner = Scanner(text.rstrip())
    scanner.at = start
    if len(scanner.text) - start > LIMIT:
        raise scanner.error(_("longer than {count} characters", count=LIMIT), start + LIMIT)
    if scanner.is_over:
        return None
    if text[start] == "{":
        return _json(scanner)
    return _fields(scanner) if text[start] == "[" else _terms(scanner)


def _terms(scanner: Scanner) -> Terms:
    terms: list[Term] = []
    while not scanner.is_over:
        sign: Sign = ""
        if scanner.take(_OPTIONAL):
            sign = "?"
        elif scanner.take(_EXCLUDED):
            sign = "-"
        terms.append(Term(sign, _term(scanner)))
    return Terms(tuple(terms))


def _term(scanner: Scanner) -> Value:
    scanner.skip()
    at = scanner.at
    if (phrase := scanner.take(_PHRASE)) is not None:
        return Value(_unquoted(phrase), "phrase")
    if (regex := scanner.take(_REGEX)) is not None:
        return _checked_regex(scanner, regex, at)
    word = scanner.take(_WORD)
    if word is None:
        message = _("the quotation mark is not closed") if not scanner.is_over else _("a term is missing")
        raise scanner.error(message, at)
    if not word.replace("_", "a").isalnum():
        odd = next(index for index, letter in enumerate(word) if not letter.isalnum() and letter != "_")
        message = _("“{sign}” needs quotation marks around the term: {term}")
        quoted = '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
        raise scanner.error(message.format(sign=word[odd], term=quoted), at + odd)
    return Value(word, "word")


def _json(scanner: Scanner) -> Json:
    scanner.need(_BRACE, "{")
    condition = _any(scanner, 0)
    scanner.need(_END_BRACE, _("{signs} or {bracket} is missing", signs="&&, ||", bracket="}"))
    _need_end(scanner)
    return Json(condition)


def _any(scanner: Scanner, depth: int) -> Condition:
    parts = [_all(scanner, depth)]
    while scanner.take(_OR):
        parts.append(_all(scanner, depth))
    return _joined("||", parts)


def _all(scanner: Scanner, depth: int) -> Condition:
    parts = [_one(scanner, depth)]
    while scanner.take(_AND):
        parts.append(_one(scanner, depth))
    return _joined("&&", parts)


def _one(scanner: Scanner, depth: int) -> Condition:
    if scanner.take(_OPEN):
        if depth >= DEPTH:
            raise scanner.error(_("too many brackets inside each other"))
        condition = _any(scanner, depth + 1)
        scanner.need(_CLOSE, _("{signs} or {bracket} is missing", signs="&&, ||", bracket=")"))
        return condition
    selector = scanner.need(_SELECTOR, _("a selector such as $.level is missing"))
    if scanner.take(_EXISTS):
        return Test(selector, "EXISTS")
    if scanner.take(_NOT):
        scanner.need(_EXISTS, _("EXISTS is missing after NOT"))
        return Test(selector, "NOT EXISTS")
    if scanner.take(_IS):
        return Test(selector, "IS " + scanner.need(_CONSTANT, _("NULL, TRUE or FALSE is missing after IS")))
    return _comparison(scanner, selector, _BARE)


def _fields(scanner: Scanner) -> Fields:
    scanner.need(_BRACKET, "[")
    slots = [_slot(scanner)]
    gaps = int(slots[0] == "...")
    while scanner.take(_COMMA):
        scanner.skip()
        at = scanner.at
        slots.append(_slot(scanner))
        gaps += slots[-1] == "..."
        if gaps > 1 and slots[-1] == "...":
            raise scanner.error(_("… may stand only once"), at)
    scanner.need(_END_BRACKET, _("{signs} or {bracket} is missing", signs=",", bracket="]"))
    _need_end(scanner)
    return Fields(tuple(slots))


def _slot(scanner: Scanner) -> str | Condition:
    if scanner.take(_ELLIPSIS):
        return "..."
    name = scanner.take(_NAME)
    if name is None:
        return ""
    before = scanner.at
    if scanner.take(_SIGN) is None:
        return name
    scanner.at = before
    alternatives = [_field_tests(scanner, name)]
    while scanner.take(_OR):
        alternatives.append(_field_tests(scanner, None))
    return _joined("||", alternatives)


def _field_tests(scanner: Scanner, name: str | None) -> Condition:
    tests: list[Condition] = []
    while True:
        subject = name if name is not None else scanner.need(_NAME, _("the name of a field is missing"))
        name = None
        tests.append(_comparison(scanner, subject, _VALUE))
        if not scanner.take(_AND):
            return _joined("&&", tests)


def _comparison(scanner: Scanner, subject: str, bare: re.Pattern[str]) -> Test:
    sign = scanner.need(_SIGN, _("a comparison is missing: {signs}", signs="=, !=, <, <=, >, >="))
    scanner.skip()
    at = scanner.at
    value = _operand(scanner, bare)
    if sign in _ORDERS and not (value.kind == "word" and NUMBER.fullmatch(value.text)):
        raise scanner.error(_("{sign} compares with a number", sign=sign), at)
    return Test(subject, "!=" if sign == "=!" else sign, value)


def _operand(scanner: Scanner, bare: re.Pattern[str]) -> Value:
    at = scanner.at
    if (phrase := scanner.take(_PHRASE)) is not None:
        return Value(_unquoted(phrase), "phrase")
    if (regex := scanner.take(_REGEX)) is not None:
        return _checked_regex(scanner, regex, at)
    return Value(scanner.need(bare, _("a value is missing")), "word")


def _checked_regex(scanner: Scanner, regex: str, at: int) -> Value:
    text = regex[1:-1]
    if not text:
        raise scanner.error(_("the regular expression is empty"), at)
    supported = _REGEX_TEXT.match(text)
    end = supported.end() if supported is not None else 0
    if end < len(text):
        raise scanner.error(
            _("“{sign}” is not supported in a regular expression", sign=text[end]), at + 1 + end
        )
    if (escape := _BEYOND_REGEX.search(text)) is not None:
        raise scanner.error(
            _("this escape is not supported in a regular expression"), at + 1 + escape.start()
        )
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        place = error.pos if isinstance(error, re.error) and error.pos is not None else 0
        reason = _("is not a regular expression: {reason}", reason=error)
        raise scanner.error(reason, at + 1 + place) from error
    return Value(text, "regex")


def _joined(sign: Literal["&&", "||"], parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else Joined(sign, tuple(parts))


def _need_end(scanner: Scanner) -> None:
    if not scanner.is_over:
        raise scanner.error(_("nothing may follow the closing bracket"))


def _unquoted(phrase: str) -> str:
    return re.sub(r"\\(.)", r"\1", phrase[1:-1], flags=re.DOTALL)
