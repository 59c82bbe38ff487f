"""Damage to AWS's answers: every key of every answer missing, null, of another type, not a number, hostile.
Works on bodies as they travel, JSON or XML, so that the SDK's parsers and the checks behind them see the
damage. Text that is JSON itself (a dashboard's body, an event of a trail) is damaged inside, too."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

ALL = "*"  # Step: each member of a list
INSIDE = "{}"  # Step: what a text holds as JSON
Step = str
Path = tuple[Step, ...]
GONE = object()

Make = Callable[[Any], Any]
_GIANT = 10**400


def _number(value: Any, number: Any) -> Any:
    """`number` for a number; for text that holds one, as text."""
    if isinstance(value, str):
        return str(number)
    return number


def _negative(value: Any) -> Any:
    number = -abs(float(value)) or -1.0
    whole = number.is_integer() and not (isinstance(value, str) and "." in value)
    return _number(value, int(number) if whole else number)


def _other_type(value: Any) -> Any:
    if isinstance(value, str):
        return {"a": 1}
    if isinstance(value, bool | int | float):
        return "x"
    return "x" if isinstance(value, dict) else {"a": 1}


def _numeric(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return True
    try:
        return isinstance(value, str) and value[:1] in "-.0123456789" and float(value) == float(value)
    except ValueError:
        return False


KINDS: dict[str, tuple[Callable[[Any], bool], Make]] = {
    "missing": (lambda _value: True, lambda _value: GONE),
    "null": (lambda _value: True, lambda _value: None),
    "type": (lambda _value: True, _other_type),
    "nan": (_numeric, lambda value: _number(value, float("nan"))),
    "infinity": (_numeric, lambda value: _number(value, float("inf"))),
    "huge": (_numeric, lambda value: _number(value, 1e308)),
    "giant": (_numeric, lambda value: _number(value, _GIANT)),
    "negative": (_numeric, _negative),
    "surrogate": (lambda value: isinstance(value, str), lambda value: value + "\ud800"),
    "word": (lambda value: isinstance(value, str), lambda _value: "no such word"),
    "empty": (lambda value: isinstance(value, list) and bool(value), lambda _value: []),
    "half": (
        lambda value: isinstance(value, list) and len(value) > 1,
        lambda value: value[: len(value) // 2],
    ),
}
_LOSSES = frozenset({"empty", "half", "row"})
BODIES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda body: body[: len(body) // 2],
    "no body": lambda _body: b"",
    "bad utf-8": lambda body: body.replace(b'"', b'"\xff\xfe', 3).replace(b">", b">\xff", 1),
}
"""Damage to whole bodies."""


@dataclass(frozen=True)
class Mutation:
    """One kind of damage at one place of every answer of one operation."""

    service: str
    operation: str
    path: Path
    kind: str  # Of KINDS or BODIES; `row`: the member of a list is taken out
    star: int | None = None  # Which ALL of the path means one member only; None: all of them mean all
    row: int = 0  # Which member that is, modulo the length of the list
    emptied: bool = False  # In XML a list without its members is an empty one

    def __str__(self) -> str:
        steps = []
        stars = 0
        for step in self.path:
            if step == ALL:
                step = f"[{self.row}]" if stars == self.star else "[*]"
                stars += 1
            steps.append(step.rpartition("}")[2] or step)
        return f"{self.service}.{self.operation} {'.'.join(steps)} {self.kind}"

    @property
    def steps(self) -> Path:
        """The path without XML namespaces; a member of a list is ALL, whichever is meant."""
        return tuple(step.rpartition("}")[2] or step for step in self.path)

    @property
    def lossy(self) -> bool:
        """It leaves a well-formed answer with fewer rows: what is lost cannot be seen in it."""
        member = self.kind == "missing" and self.path[-1:] == (ALL,)
        return self.kind in _LOSSES or member or self.emptied

    @property
    def without(self) -> "Mutation | None":
        """The same with the damaged row taken out; None where all rows are damaged, or there are none."""
        if self.star != 0 or self.lossy:
            return None
        stars = [index for index, step in enumerate(self.path) if step == ALL]
        path = self.path[: stars[self.star] + 1]
        return Mutation(self.service, self.operation, path, "row", self.star, self.row)

    def apply(self, body: bytes) -> bytes:
        """The damaged body; the same where it has nothing at that place."""
        if self.kind in BODIES:
            return BODIES[self.kind](body)
        tree = decoded(body)
        if tree is None:
            return body
        value, write = tree
        value = self._in(value, self.path, 0)
        return write(value)

    def _in(self, value: Any, path: Path, stars: int) -> Any:
        """`value` with the damage at `path` below it."""
        if not path:
            return self._damaged(value)
        step, rest = path[0], path[1:]
        if step == INSIDE:
            inner = _json_in(value)
            if inner is None:
                return value
            changed = self._in(inner, rest, stars)
            return GONE if changed is GONE else json.dumps(changed)
        if step == ALL:
            return self._members(value, rest, stars) if isinstance(value, list) else value
        if not isinstance(value, dict) or step not in value:
            return value
        changed = self._in(value[step], rest, stars)
        if changed is GONE:
            return {key: each for key, each in value.items() if key != step}
        return {**value, step: changed}

    def _members(self, value: list[Any], rest: Path, stars: int) -> list[Any]:
        only = self.row % len(value) if self.star == stars and value else None
        members = [
            self._in(each, rest, stars + 1) if only in (None, index) else each
            for index, each in enumerate(value)
        ]
        return [each for each in members if each is not GONE]

    def _damaged(self, value: Any) -> Any:
        if self.kind == "row":
            return GONE
        fits, make = KINDS[self.kind]
        return make(copy.deepcopy(value)) if fits(value) else value


def places(body: bytes) -> Iterator[tuple[Path, Any]]:
    """Every place of a body with a value that stands there."""
    tree = decoded(body)
    if tree is not None:
        yield from _places(tree[0], ())


def mutations(service: str, operation: str, bodies: list[bytes]) -> list[Mutation]:
    """All damage that can be done to these answers; of a list, to all members and to one."""
    values: dict[Path, list[Any]] = {}
    for body in bodies:
        for path, value in places(body):
            values.setdefault(path, []).append(value)
    damage = [Mutation(service, operation, (), kind) for kind in BODIES]
    for path, members in sorted(values.items()):
        kinds = [kind for kind, (fits, _make) in KINDS.items() if any(map(fits, members))]
        stars = path.count(ALL)
        for kind in kinds:
            emptied = kind == "null" and any(isinstance(value, _Members) for value in members)
            damage.append(Mutation(service, operation, path, kind, emptied=emptied))
            damage += [
                Mutation(service, operation, path, kind, star, row, emptied)
                for star in sorted({0, stars - 1} if stars else ())
                for row in (0, 1, -1)
            ]
        if path and path[-1] == ALL:
            damage += [Mutation(service, operation, path, "row", stars - 1, row) for row in (0, 1, -1)]
    return damage


def decoded(body: bytes) -> tuple[Any, Callable[[Any], bytes]] | None:
    """A body's content as dicts and lists, and how to write it again; None for one that is neither JSON nor XML."""
    if body.lstrip()[:1] == b"<":
        root = ElementTree.fromstring(body)
        return _of_xml(root), lambda value: _to_xml(value, root)
    try:
        return json.loads(body), _write_json
    except ValueError:
        return None


def _write_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _json_in(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return None
    return None


def _places(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if path:
        yield path, value
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _places(member, (*path, key))
    elif isinstance(value, list):
        for member in value:
            yield from _places(member, (*path, ALL))
    elif (inner := _json_in(value)) is not None:
        yield from _places(inner, (*path, INSIDE))


# XML: an element with children of one name in a row, or of a name of _MEMBERS, is a list; its tags are kept beside it.


class _Members(list[Any]):
    """The members of an XML list, with the tags of each."""

    tag = "member"

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Members":
        return self._like(copy.deepcopy(list(self), memo))

    def __getitem__(self, index: Any) -> Any:
        item = super().__getitem__(index)
        return self._like(item) if isinstance(index, slice) else item

    def _like(self, items: list[Any]) -> "_Members":
        members = _Members(items)
        members.tag = self.tag
        return members


def _of_xml(element: ElementTree.Element) -> Any:
    children = list(element)
    if not children:
        return element.text or ""
    tags = [child.tag for child in children]
    name = tags[0].rpartition("}")[2]
    if len(set(tags)) == 1 and (len(tags) > 1 or name in _MEMBERS or _plural(element.tag, name)):
        members = _Members(_of_xml(child) for child in children)
        members.tag = tags[0]
        return members
    members_by_tag: dict[str, Any] = {}
    for tag in dict.fromkeys(tags):
        same = [child for child in children if child.tag == tag]
        members_by_tag[tag] = _of_xml(same[0])
        if len(same) > 1:
            members = _Members(map(_of_xml, same))
            members.tag = ""
            members_by_tag[tag] = members
    return members_by_tag


_MEMBERS = frozenset({"member", "ResourcePendingMaintenanceActions", "PendingMaintenanceAction"})
"""Names of members that are not of their list's name."""


def _plural(tag: str, name: str) -> bool:
    return tag.rpartition("}")[2].startswith(name)


def _to_xml(value: Any, root: ElementTree.Element) -> bytes:
    element = _element(root.tag, value)
    return ElementTree.tostring(element, encoding="unicode").encode("utf-8", "surrogatepass")


def _element(tag: str, value: Any) -> ElementTree.Element:
    element = ElementTree.Element(tag)
    if isinstance(value, dict):
        for key, member in value.items():
            flat = isinstance(member, _Members) and member.tag == ""
            element.extend([_element(key, item) for item in member] if flat else [_element(key, member)])
    elif isinstance(value, list):
        element.extend([_element(getattr(value, "tag", "member"), member) for member in value])
    elif value is not None:
        element.text = str(value)
    return element
