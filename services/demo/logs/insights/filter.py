"""Expressions of Logs Insights: conditions, arithmetic, functions.

Source: "filter", "Operations and functions" (Amazon CloudWatch Logs user guide).
"""

from collections.abc import Callable

from services.demo.logs.insights.functions import AGGREGATES, ARITHMETIC, SCALARS, period
from services.demo.logs.insights.patterns import like, regex
from services.demo.logs.insights.records import Read, Record, field
from services.demo.logs.insights.scan import Scanner
from services.demo.logs.insights.values import Moment, QueryError, Value, compare, number_of, truth

_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")


class Expressions:
    """Parses expressions from a scanner, each into a function of a Record."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self.columns: list[str] = []
        """Unnamed columns of a preceding `stats`: from there on `count(*)` and `bin(1h)` are field names."""
        self.aggregates = 0
        """Number of aggregations so far; they are valid in `stats` only."""

    def condition(self) -> Read:
        """A whole expression."""
        return self._joined("or", lambda: self._joined("and", self._negation))

    def _joined(self, word: str, part: Callable[[], Read]) -> Read:
        parts = [part()]
        while self._scanner.accept(word):
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        quantor = any if word == "or" else all
        return lambda record: quantor(truth(operand(record)) for operand in parts)

    def _negation(self) -> Read:
        if self._scanner.accept("not"):
            negated = self._negation()
            return lambda record: not truth(negated(record))
        return self._comparison()

    def _comparison(self) -> Read:
        left = self.arithmetic()
        negated = bool(self._scanner.accept("not"))
        if not negated and (sign := self._scanner.accept(*_COMPARISONS)):
            right = self.arithmetic()
            return lambda record: compare(sign, left(record), right(record))
        test = self._membership(left)
        if test is None:
            if negated:
                raise self._scanner.unexpected()
            return left
        return (lambda record: not test(record)) if negated else test

    def _membership(self, left: Read) -> Callable[[Record], bool] | None:
        if self._scanner.accept("like", "=~"):
            pattern = self._scanner.regex()
            if pattern is not None:
                return like(left, regex(pattern))
            if self._scanner.peek().kind != "text":
                raise self._scanner.unexpected()
            return like(left, self._scanner.take().text)
        if not self._scanner.accept("in"):
            return None
        self._scanner.expect("[")
        items = self._list("]")
        return lambda record: any(compare("=", left(record), item(record)) for item in items)

    def _list(self, end: str) -> list[Read]:
        """Expressions up to `end`, at least one."""
        items = [self.condition()]
        while self._scanner.accept(","):
            items.append(self.condition())
        self._scanner.expect(end)
        return items

    def arithmetic(self) -> Read:
        """A value, without comparison."""
        return self._level(("+", "-"), lambda: self._level(("*", "/", "%"), self._power))

    def _level(self, signs: tuple[str, ...], part: Callable[[], Read]) -> Read:
        left = part()
        while sign := self._scanner.accept(*signs):
            left = _applied(ARITHMETIC[sign], left, part())
        return left

    def _power(self) -> Read:
        base = self._primary()
        return _applied(ARITHMETIC["^"], base, self._power()) if self._scanner.accept("^") else base

    def _primary(self) -> Read:
        scanner = self._scanner
        if column := scanner.literally(self.columns):
            return field(column)
        if scanner.accept("-"):
            return _applied(ARITHMETIC["-"], lambda _: 0, self._primary())
        if scanner.accept("("):
            inner = self.condition()
            scanner.expect(")")
            return inner
        token = scanner.peek()
        if token.kind == "text":
            return _constant(scanner.take().text)
        if token.kind == "number":
            return _constant(float(scanner.take().text))
        if token.kind == "period":
            return _constant(period(scanner.take().text))
        name = scanner.name()
        if token.kind == "name" and scanner.accept("("):
            return self._call(name.lower(), name)
        return field(name)

    def _call(self, name: str, written: str) -> Read:
        if name in AGGREGATES:
            return self._aggregate(name)
        if name == "bin":
            size = period(self._scanner.take().text) if self._scanner.peek().kind == "period" else 0
            if not size:
                raise self._scanner.unexpected()
            self._scanner.expect(")")
            at = field("@timestamp")
            return lambda record: _bin(at(record), size)
        if name not in SCALARS:
            raise QueryError(f"Invalid function: {written}")
        least, most, function = SCALARS[name]
        arguments = self._list(")")
        if not least <= len(arguments) <= most:
            raise QueryError(f"Invalid number of arguments for function: {written}")
        return _applied(function, *arguments)

    def _aggregate(self, name: str) -> Read:
        self.aggregates += 1
        numbers, fold = AGGREGATES[name]
        if name == "count" and (self._scanner.accept("*") or self._scanner.peek().text == ")"):
            self._scanner.expect(")")
            return lambda group: len(group.rows)
        read, *rest = self._list(")")
        constants = [number_of(argument(Record(None))) for argument in rest]
        arguments = [number for number in constants if number is not None]
        if len(arguments) != numbers or len(rest) != numbers:
            raise QueryError(f"Invalid number of arguments for function: {name}")
        return lambda group: fold(read, list(group.rows), arguments)


def _constant(value: Value) -> Read:
    return lambda _: value


def _applied(function: Callable[..., Value], *arguments: Read) -> Read:
    return lambda record: function(*(argument(record) for argument in arguments))


def _bin(at: Value, size: int) -> Value:
    moment = number_of(at)
    return None if moment is None else Moment(int(moment) // size * size)
