"""Search expressions: the metrics that SEARCH('{ns,dim} MetricName="x" text', …) matches. Pure.

Source: "CloudWatch search expression syntax" (Amazon CloudWatch User Guide).

    query := ("{" namespace ("," dimension)* "}" ","?)? or?
    or    := and ("OR" and)*
    and   := not ("AND"? not)*
    not   := "NOT" not | "(" or ")" | (property "=")? term
"""

import re
from collections.abc import Callable
from functools import lru_cache

from services.demo.cloudwatch.math.parsing import MAX_DEPTH, MathError
from services.demo.cloudwatch.store import MetricKey

Test = Callable[[MetricKey], bool]

_SCHEMA = re.compile(r"\s*\{((?:\"[^\"]*\"|[^}\"])*)\}\s*,?")
_NAME = re.compile(r'"([^"]*)"|([^,\s"][^,"]*)')
_TOKEN = re.compile(r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<mark>[()=])|(?P<word>[^\s()="]+)|(?P<end>$))')
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")


@lru_cache(maxsize=4096)
def pieces(text: str) -> tuple[str, ...]:
    """The tokens of a name in their own case: `CustomCount1` -> Custom, Count, 1."""
    return tuple(_PIECE.findall(text))


def tokens(text: str) -> set[str]:
    """All tokens AWS generates for a name: the whole without punctuation, and each piece, lower-case."""
    return {"".join(pieces(text)).lower(), *(piece.lower() for piece in pieces(text))}


def partly_matches(term: str, name: str) -> bool:
    """Partial match: one token in any case, or consecutive tokens.

    A word that is itself several tokens (`CustomCount`, `Count1`) must match in case as well.
    """
    parts = [
        (piece, len(pieces(word)) > 1) for word in re.split(r"[\W_]+", term) if word for piece in pieces(word)
    ]
    if not parts:
        return False
    if len(parts) == 1 and parts[0][0].lower() in tokens(name):
        return True
    named = pieces(name)
    return any(
        all(
            part == piece if exact else part.lower() == piece.lower()
            for (part, exact), piece in zip(parts, named[start:], strict=False)
        )
        for start in range(len(named) - len(parts) + 1)
    )


def _texts(metric: MetricKey, prop: str) -> list[str]:
    if prop == "MetricName":
        return [metric.name]
    if prop == "Namespace":
        return [metric.namespace]
    if prop:
        return [value for name, value in metric.dimensions if name == prop]
    return [metric.namespace, metric.name, *(text for pair in metric.dimensions for text in pair)]


def _term(prop: str, text: str, quoted: bool) -> Test:
    if quoted:
        return lambda metric: text in _texts(metric, prop)
    return lambda metric: any(partly_matches(text, name) for name in _texts(metric, prop))


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _scan(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Test:
        if self._tokens[0][0] == "end":
            return lambda metric: True
        test = self._either()
        if self._tokens[self._at][0] != "end":
            raise MathError(f"Invalid search expression near '{self._tokens[self._at][1]}'")
        return test

    def _peek(self, *texts: str) -> bool:
        kind, text = self._tokens[self._at]
        return kind in ("mark", "word") and text in texts

    def _take(self, *texts: str) -> bool:
        matches = self._peek(*texts)
        self._at += matches
        return matches

    def _either(self) -> Test:
        tests = [self._all()]
        while self._take("OR"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda metric: any(test(metric) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._take("AND") or not (self._peek("OR", ")") or self._tokens[self._at][0] == "end"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda metric: all(test(metric) for test in tests)

    def _one(self) -> Test:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise MathError("The search expression is nested too deeply")
        if self._take("NOT"):
            inner = self._one()
            test: Test = lambda metric: not inner(metric)  # noqa: E731  a closure like its siblings
        elif self._take("("):
            test = self._either()
            if not self._take(")"):
                raise MathError("Invalid search expression: ')' is missing")
        else:
            test = self._simple()
        self._depth -= 1
        return test

    def _simple(self) -> Test:
        quoted, text = self._text()
        if self._take("="):
            quoted, value = self._text()
            return _term(text, value, quoted)
        return _term("", text, quoted)

    def _text(self) -> tuple[bool, str]:
        kind, text = self._tokens[self._at]
        if kind not in ("quoted", "word") or self._peek("AND", "OR", "NOT"):
            raise MathError(f"Invalid search expression near '{text}'")
        self._at += 1
        return kind == "quoted", text


def _scan(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            raise MathError("Invalid search expression: a double quote is not closed")
        kind = match.lastgroup or "end"
        part = match[kind]
        if kind == "quoted":
            part = re.sub(r"\\(.)", r"\1", part[1:-1])
        tokens.append((kind, part))
        if kind == "end":
            return tokens
        position = match.end()


def _schema(inside: str) -> Test:
    names = [quoted or bare.strip() for quoted, bare in _NAME.findall(inside)]
    if not names:
        raise MathError("Invalid search expression: the metric schema is empty")
    namespace, dimensions = names[0], set(names[1:])

    def fits(metric: MetricKey) -> bool:
        # Dimensions named in the schema are all of the metric's dimensions; a bare namespace takes any.
        return metric.namespace == namespace and (
            not dimensions or dimensions == {name for name, _ in metric.dimensions}
        )

    return fits


@lru_cache(maxsize=256)
def compile_search(expression: str) -> Test:
    """A test of metrics by a search expression. Raises MathError where it cannot be read."""
    if len(expression) > 1024:
        raise MathError("The search expression is longer than 1024 characters")
    schema: Test | None = None
    rest = expression
    if match := _SCHEMA.match(expression):
        schema = _schema(match[1])
        rest = expression[match.end() :]
    elif not expression.strip():
        raise MathError("The search expression is empty")
    terms = _Parser(rest).whole()
    if schema is None:
        return terms
    fits = schema
    return lambda metric: fits(metric) and terms(metric)
