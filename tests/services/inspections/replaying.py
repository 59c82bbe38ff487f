"""Answers recorded once and given again with something missing, refused or hostile."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any

from services.aws.client.reader import Answer, Reader, incomplete

Path = tuple[str, ...]  # Service, operation, then the keys that lead to a value; lists are passed through
Change = Callable[[str, str, Answer], None]
"""Changes an answer of a service's operation in place, or raises AwsError."""
_TOKENS = ("ClientRequestToken",)


class Replay:
    """A Reader that asks another one for what it was not asked before, and remembers the answers."""

    def __init__(self, reader: Reader) -> None:
        self.change: Change | None = None
        self.seen: dict[tuple[str, str], list[Answer]] = {}  # Whole answers by service and operation
        self._reader = reader
        self._answers: dict[str, list[Answer]] = {}

    async def read(
        self,
        service: str,
        operation: str,
        /,
        *,
        region: str | None = None,
        required: Sequence[str] = (),
        timeout: float = 20.0,
        **params: Any,
    ) -> Answer:
        key = _key(service, operation, region, params)
        if key not in self._answers:
            answer = await self._reader.read(service, operation, region=region, timeout=timeout, **params)
            self._keep(service, operation, key, [answer])
        return self._given(service, operation, required, self._answers[key][0])

    async def pages(
        self,
        service: str,
        operation: str,
        /,
        *,
        region: str | None = None,
        required: Sequence[str] = (),
        timeout: float = 20.0,
        **params: Any,
    ) -> AsyncIterator[Answer]:
        key = _key(service, operation, region, params)
        if key not in self._answers:
            pages = self._reader.pages(service, operation, region=region, timeout=timeout, **params)
            self._keep(service, operation, key, [page async for page in pages])
        for page in self._answers[key]:
            yield self._given(service, operation, required, page)

    def paths(self) -> list[Path]:
        """Every key that was answered, the first of all lists standing for the rest."""
        keys = {
            (*call, *path)
            for call, answers in self.seen.items()
            for answer in answers
            for path in _paths(answer)
            if path[0] not in ("ResponseMetadata", "NextToken", "Marker")
        }
        return sorted(keys)

    def _keep(self, service: str, operation: str, key: str, answers: list[Answer]) -> None:
        # Requests made while answers are damaged belong to no ordinary run.
        self._answers[key] = answers
        self.seen.setdefault((service, operation), []).extend(answers)

    def _given(self, service: str, operation: str, required: Sequence[str], answer: Answer) -> Answer:
        given = deepcopy(answer)
        if self.change is not None:
            self.change(service, operation, given)
        missing = [name for name in required if given.get(name) is None]
        if missing:
            raise incomplete(", ".join(missing), service, operation)
        return given


def without(path: Path) -> Change:
    """Leave out the value at `path` wherever it stands."""

    def change(service: str, operation: str, answer: Answer) -> None:
        if (service, operation) == path[:2]:
            for holder in _holders(answer, path[2:-1]):
                holder.pop(path[-1], None)

    return change


def _key(service: str, operation: str, region: str | None, params: dict[str, Any]) -> str:
    asked = {name: value for name, value in params.items() if name not in _TOKENS}
    return repr((service, operation, region, sorted(asked.items())))


def _paths(value: Any) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield (key,)
            yield from ((key, *path) for path in _paths(item))
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item)


def _holders(value: Any, path: Sequence[str]) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _holders(item, path)
    elif isinstance(value, dict):
        if not path:
            yield value
        elif path[0] in value:
            yield from _holders(value[path[0]], path[1:])
