"""AWS's answers recorded once, body by body, and given again with damage: no socket, no waiting, the SDK's own parsing."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from services.aws.athena import Athena
from services.aws.client.traffic import TrafficObserver
from services.aws.logs.insights import Insights
from tests.tools.mutations import Mutation, mutations

_CHANGING = re.compile(rb'"(ClientRequestToken|clientToken)": ?"[^"]*",? ?')
_HEADERS = ("Authorization", "X-Amz-Target", "Content-Type", "X-Amz-Date", "X-Amz-Security-Token", "Accept")


@dataclass
class _Response:
    """What the SDK reads of an HTTP answer."""

    status_code: int
    headers: dict[str, str]
    body: bytes
    raw: Any = None

    @property
    async def content(self) -> bytes:
        """The body."""
        return self.body


class Recorded:
    """Stands between the SDK and the embedded AWS: what was asked before is answered as before."""

    def __init__(self) -> None:
        self.mutation: Mutation | None = None
        self.touched = False  # The mutation changed an answer since `begin`
        self._answers: dict[tuple[Any, ...], list[_Response]] = {}
        self._of: dict[tuple[str, str], list[bytes]] = {}
        self._turns: Counter[tuple[Any, ...]] = Counter()
        self._http: aiohttp.ClientSession | None = None

    def begin(self, mutation: Mutation | None = None) -> None:
        """From here on the same questions are asked anew, and answered with this damage."""
        self.mutation = mutation
        self.touched = False
        self._turns.clear()

    def forget(self) -> None:
        """Record anew what is asked from here on."""
        self._answers.clear()
        self._of.clear()
        self.begin()

    def all_mutations(self) -> list[Mutation]:
        """Of every answer recorded without damage."""
        return [
            mutation
            for (service, operation), bodies in sorted(self._of.items())
            for mutation in mutations(service, operation, bodies)
        ]

    async def answer(self, request: Any, event_name: str, **_event: Any) -> _Response:
        """For the SDK's event `before-send`."""
        authorization = str(_text(request.headers.get("Authorization", "")))
        _key, _date, region, service, _end = (
            authorization.partition("Credential=")[2].split(",")[0].split("/")
        )
        operation = event_name.rsplit(".", 1)[-1]
        body = request.body or b""
        body = body if isinstance(body, bytes) else str(body).encode()
        key = (
            region,
            service,
            operation,
            request.url.partition("://")[2].partition("/")[2],
            _CHANGING.sub(b"", body),
        )
        turn = self._turns[key]
        self._turns[key] += 1
        recordings = self._answers.get(key, [])
        if self.mutation is None and turn >= len(recordings):
            recordings = self._answers.setdefault(key, recordings)
            recordings.append(await self._ask(request, body))
            self._of.setdefault((service, operation), []).append(recordings[-1].body)
        # What only damage makes the console ask is asked every time: a query that is begun has to end.
        response = (
            recordings[min(turn, len(recordings) - 1)] if recordings else await self._ask(request, body)
        )
        return self._spoilt(response, service, operation)

    def _spoilt(self, response: _Response, service: str, operation: str) -> _Response:
        mutation = self.mutation
        if mutation is None or (mutation.service, mutation.operation) != (service, operation):
            return response
        if response.status_code >= 300:
            return response
        body = mutation.apply(response.body)
        self.touched = self.touched or body != response.body
        headers = {**response.headers, "content-length": str(len(body))}
        return _Response(response.status_code, headers, body)

    async def _ask(self, request: Any, body: bytes) -> _Response:
        self._http = self._http or aiohttp.ClientSession()
        headers = {name: _text(value) for name, value in request.headers.items()}
        async with self._http.request(
            request.method, request.url, data=body, headers=headers, allow_redirects=False
        ) as answer:
            return _Response(
                answer.status,
                {key.lower(): value for key, value in answer.headers.items()},
                await answer.read(),
            )

    async def close(self) -> None:
        """Close the connections to the embedded AWS."""
        if self._http is not None:
            await self._http.close()


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


async def _at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def recording() -> AsyncIterator[Recorded]:
    """Sessions opened meanwhile ask through the recording; no query waits by the machine's clock."""
    recorded = Recorded()
    attach = TrafficObserver.attach

    def attached(wire: TrafficObserver, session: Any) -> None:
        attach(wire, session)
        session.register("before-send", recorded.answer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrafficObserver, "attach", attached)
        for reader in (Athena, Insights):
            patch.setitem(reader.__init__.__kwdefaults__, "sleep", _at_once)
        try:
            yield recorded
        finally:
            await recorded.close()
