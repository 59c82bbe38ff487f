"""Filter patterns for space-delimited lines: `[ip, user, ..., status_code = 4* && status_code != 403, bytes > 1000]`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from services.demo.grammar import Meaning, Node
from services.demo.logs.filter_patterns.values import PatternError, Test, condition

_FIELD = re.compile(r'"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)')


@dataclass(slots=True)
class _Slot:
    names: list[str] = field(default_factory=list)
    alternatives: list[list[tuple[int, Test]]] = field(default_factory=list)
    is_gap: bool = False

    def fits(self, values: list[str]) -> bool:
        return not self.alternatives or any(
            all(test(values[index]) for index, test in tests) for tests in self.alternatives
        )


class FieldsPattern(Meaning):
    """Without `...` the number of fields must be the same; `[]` takes any."""

    def fields(self, node: Node) -> tuple[Callable[[str], bool], Callable[[str], dict[str, str]]]:
        slots: list[_Slot] = [self.visit(child) for child in node.children]
        if len(slots) == 1 and slots[0].names == [""]:
            slots = [_Slot(is_gap=True)]
        gaps = [place for place, slot in enumerate(slots) if slot.is_gap]
        if len(gaps) > 1:
            raise PatternError("Invalid filter pattern")
        least = sum(len(slot.names) for slot in slots)

        def places(values: list[str]) -> list[tuple[_Slot, int]]:
            places, at = [], 0
            for slot in slots:
                places.append((slot, at))
                at += len(values) - least if slot.is_gap else len(slot.names)
            return places

        def match(line: str) -> bool:
            values = _values(line)
            if len(values) < least or (not gaps and len(values) > least):
                return False
            return all(slot.fits(values[at : at + len(slot.names)]) for slot, at in places(values))

        def extract(line: str) -> dict[str, str]:
            values = _values(line)
            names = {at + index: name for slot, at in places(values) for index, name in enumerate(slot.names)}
            return {f"${names.get(place) or place + 1}": value for place, value in enumerate(values)}

        return match, extract

    def slot(self, node: Node) -> _Slot:
        """A name, `...`, or conditions; a new name beside `&&` is a further field, as in AWS's examples."""
        if not node.children:
            return _Slot([""])
        if not hasattr(node.children[0], "data"):
            token = node.children[0]
            return _Slot(is_gap=True) if token.type == "ELLIPSIS" else _Slot([str(token)])
        slot = _Slot()
        for alternative in node.children:
            tests = []
            for name, sign, value in (test.children for test in alternative.children):
                if str(name) not in slot.names:
                    slot.names.append(str(name))
                tests.append((slot.names.index(str(name)), condition(str(sign), value)))
            slot.alternatives.append(tests)
        return slot


def _values(line: str) -> list[str]:
    return ["".join(groups) for groups in _FIELD.findall(line)]
