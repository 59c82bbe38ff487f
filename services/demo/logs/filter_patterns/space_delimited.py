"""Filter patterns for space-delimited lines: `[ip, user, ..., status_code = 4* && status_code != 403, bytes > 1000]`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from services.demo.logs.filter_patterns.values import PatternError, Test, condition

_CONDITION = re.compile(
    r"""\s*(?P<name>[\w$\-]+)\s*(?:(?P<sign>!=|=!|<=|>=|=|<|>)\s*(?P<value>"(?:[^"\\]|\\.)*"|%[^%]*%|[^\s&|,]+))?\s*"""
)
_JOIN = re.compile(r"&&|\|\|")
_FIELD = re.compile(r'"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)')
_SLOT = re.compile(r'(?:"(?:[^"\\]|\\.)*"|%[^%]*%|[^,"%])*')


@dataclass(slots=True)
class _Slot:
    """One place of the pattern: the fields it takes, and alternatives of conditions on them."""

    names: list[str] = field(default_factory=list)
    alternatives: list[list[tuple[int, Test]]] = field(default_factory=list)

    def fits(self, values: list[str]) -> bool:
        return not self.alternatives or any(
            all(test(values[index]) for index, test in tests) for tests in self.alternatives
        )


def compile_fields(text: str) -> Callable[[str], bool]:
    """The pattern between `[` and `]`; without `...` the number of fields must be the same. Raises PatternError."""
    parts = _split(text[1:-1])
    if parts.count("...") > 1:
        raise PatternError("Only one ellipsis is allowed in a space-delimited filter pattern")
    gap = parts.index("...") if "..." in parts else None
    head = [_slot(part) for part in (parts if gap is None else parts[:gap])]
    tail = [] if gap is None else [_slot(part) for part in parts[gap + 1 :]]
    width = sum(len(slot.names) for slot in head + tail)

    def match(line: str) -> bool:
        values = ["".join(groups) for groups in _FIELD.findall(line)]
        if len(values) < width or (gap is None and len(values) > width):
            return False
        after = len(values) - sum(len(slot.names) for slot in tail)
        return _fit(head, values, 0) and _fit(tail, values, after)

    return match


def _fit(slots: list[_Slot], values: list[str], at: int) -> bool:
    for slot in slots:
        if not slot.fits(values[at : at + len(slot.names)]):
            return False
        at += len(slot.names)
    return True


def _split(text: str) -> list[str]:
    """The parts between commas that are neither in quotes nor in a regular expression."""
    parts = []
    position = 0
    while True:
        part = _SLOT.match(text, position)
        assert part is not None
        parts.append(part[0].strip().replace("…", "..."))
        if part.end() >= len(text):
            return parts
        if text[part.end()] != ",":
            raise PatternError(f"Invalid character(s) in '{text[part.end() :]}'")
        position = part.end() + 1


def _slot(part: str) -> _Slot:
    slot = _Slot()
    if not part:
        return _Slot(names=[""])
    position = 0
    tests: list[tuple[int, Test]] = []
    while True:
        match = _CONDITION.match(part, position)
        if match is None:
            raise PatternError(f"Invalid field '{part}' in the filter pattern")
        # A new name beside `&&` is a further field, as in AWS's example `status_code = 4* && bytes > 1000`.
        if match["name"] not in slot.names:
            slot.names.append(match["name"])
        if match["sign"]:
            tests.append((slot.names.index(match["name"]), _test(match["sign"], match["value"])))
        position = match.end()
        if position >= len(part):
            break
        join = _JOIN.match(part, position)
        if join is None or not match["sign"]:
            raise PatternError(f"Invalid field '{part}' in the filter pattern")
        if join[0] == "||":
            slot.alternatives.append(tests)
            tests = []
        position = join.end()
    if tests:
        slot.alternatives.append(tests)
    return slot


def _test(sign: str, value: str) -> Test:
    quoted = value.startswith('"')
    text = re.sub(r"\\(.)", r"\1", value[1:-1]) if quoted else value
    return condition("!=" if sign == "=!" else sign, text, quoted=quoted)
