import asyncio
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from services.aws.client.errors import AwsError
from services.logs.follow.limiter import LogLimiter
from services.logs.follow.source import LimitedSource, LogSource
from services.logs.request_names import NAMES, plain_name
from services.models.filter_patterns import phrase
from services.models.json_text import json_object
from services.models.logs import LogLine
from services.models.problem import Problem

MOST = 9  # Ids of one line at most
PAGES = 20  # Pages read of one group at most; a page is about 1 MB
_LEAST, _LONGEST = 6, 128  # Characters of an id
_DEPTH = 4
_UUID = re.compile(r"(?<![0-9A-Za-z-])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9A-Za-z-])")
_ROOT = re.compile(r"(?:Root|Self)=(1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24})")
_PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_VALUE = r"[\"']?\s*[:=]\s*[\"']?([^\s\"',;}\])]+)"
"""What stands between a name and its value, in text that is no JSON."""


@dataclass(frozen=True, slots=True)
class RequestId:
    name: str  # The field that it stands in; "" for a UUID without one
    value: str


def request_ids(text: str, further: Sequence[str] = ()) -> tuple[RequestId, ...]:
    """The ids in a line, those of named fields first; `further` are more names of fields. Pure."""
    names = {plain_name(name): name for name in (*further, *NAMES)}
    ids: dict[str, RequestId] = {}
    for name, value in (*_fields(text, names), *(("x-amzn-trace-id", root) for root in _ROOT.findall(text))):
        for request_id in _values(value):
            ids.setdefault(request_id, RequestId(name, request_id))
    whole = " ".join(ids)
    for value in _UUID.findall(text):
        if value not in whole:
            ids.setdefault(value, RequestId("", value))
    return tuple(ids.values())[:MOST]


def _fields(text: str, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    value = json_object(text)
    if value is not None:
        yield from _in_json(value, set(names), 0)
        return
    for name in names.values():
        loose = re.sub(r"[-_]", "[-_]?", re.escape(name).replace(r"\-", "-"))
        match = re.search(rf"(?<![\w-])({loose}){_VALUE}", text, re.IGNORECASE)
        if match is not None:
            yield match[1], match[2]


def _in_json(value: object, names: set[str], depth: int) -> Iterator[tuple[str, str]]:
    items: Iterable[tuple[str, object]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = (("", each) for each in value)
    for name, item in items:
        if isinstance(item, dict | list) and depth < _DEPTH:
            yield from _in_json(item, names, depth + 1)
        elif plain_name(name) in names and isinstance(item, str | int) and not isinstance(item, bool):
            yield name, str(item)


def _values(value: str) -> Iterator[str]:
    """The ids in a field's value: of a trace header its root, of `traceparent` the trace."""
    roots = _ROOT.findall(value)
    parent = _PARENT.fullmatch(value)
    ids = roots or ([parent[1]] if parent else [value.strip()])
    yield from (each for each in ids if _LEAST <= len(each) <= _LONGEST and each.isprintable())


@dataclass(slots=True)
class GroupSearch:
    group: str
    lines: int = 0
    pages: int = 0
    is_done: bool = False
    is_whole: bool = True  # Whether all pages were read; False beyond PAGES
    problem: Problem | None = None


@dataclass(slots=True)
class RequestSearch:
    source: LogSource
    limiter: LogLimiter
    value: str
    groups: Sequence[str]
    states: dict[str, GroupSearch] = field(default_factory=dict)  # By the exact name of the group

    async def run(
        self,
        start_ms: int,
        end_ms: int,
        take: Callable[[str, Sequence[LogLine]], object],
        changed: Callable[[], object],
    ) -> None:
        """Read `[start_ms, end_ms]` of every group; `take` gets a group's lines, `changed` is called with
        every page. A group that cannot be read has a problem in its state."""
        self.states = {group: GroupSearch(group) for group in self.groups}
        changed()
        await asyncio.gather(*(self._read(group, start_ms, end_ms, take, changed) for group in self.groups))

    async def _read(
        self,
        group: str,
        start_ms: int,
        end_ms: int,
        take: Callable[[str, Sequence[LogLine]], object],
        changed: Callable[[], object],
    ) -> None:
        state, token = self.states[group], None
        lane = self.limiter.open(group)
        limited = LimitedSource(self.source, self.limiter, lane)
        try:
            for _page in range(PAGES):
                lines, token = await limited.page(group, start_ms, end_ms, phrase(self.value), token)
                state.pages += 1
                state.lines += len(lines)
                take(group, lines)
                changed()
                if token is None:
                    break
            state.is_whole = token is None
        except AwsError as error:
            state.problem = error.problem
        finally:
            self.limiter.close(lane)
            state.is_done = True
            changed()
