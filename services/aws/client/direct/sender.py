"""Sends the first reads of a process, before the SDK's client has been imported, which takes a tenth of a second.

Every such read passes what every other read passes: the list of allowed operations, the meter, the time-outs, the limits of
a response and its validation. It is sent once; where the SDK would try again, the SDK does. After the first failure, and
once the SDK is there, nothing is sent from here any more.
"""

import asyncio
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from services.aws.client.account_proof import SENDING
from services.aws.client.allowed_operations import Gate
from services.aws.client.direct.connections import BROKEN, Answer, Connections, Exchange
from services.aws.client.direct.static_keys import StaticKeys, static_keys
from services.aws.client.prices import is_charged
from services.aws.client.response_limits import limit_of
from services.aws.client.sdk.files import UnfitFile, check_variables
from services.aws.client.settings import AwsSettings
from services.aws.client.traffic import SIGNING_TIME, TrafficObserver
from services.aws.client.validation import require
from services.background.detached import in_thread

if TYPE_CHECKING:
    from services.aws.client.direct.requests import Requests, Signed

SERVICES = frozenset({"cloudwatch", "logs"})
"""Services of the JSON protocol that the first reads are of."""
AT_ONCE = 8
"""Reads at most that are under way, each with a connection and a thread."""
SETTLING = 0.5
"""Seconds for which the import of the SDK leaves the processor to a read that is under way."""

TURNS = 5
"""Turns of the event loop between an answer and the next read of whoever wanted it."""


class NotHere(Exception):
    """This read is the SDK's to send."""


class Again(Exception):
    """The one attempt failed in a way that the SDK answers with another attempt."""


class Failed(Exception):
    """The read failed; `cause` is an exception of the SDK's parts, or of ours, as its client would raise it."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.cause = cause


class DirectSender:
    """Sends reads with static keys, for as long as there is no SDK."""

    def __init__(self, settings: AwsSettings, gate: Gate, wire: TrafficObserver) -> None:
        self._settings = settings
        self._gate = gate
        self._wire = wire
        self._keys: StaticKeys | None = None
        self._requests: dict[str, Requests] = {}
        self._connections: dict[str, Connections] = {}
        self._under_way: set[asyncio.Future[object]] = set()
        self._retired = False

    def takes(self, service: str, operation: str) -> bool:
        """Whether a read may be sent from here: it is free, few others are, and nothing has gone wrong so far."""
        is_first = not self._retired and len(self._under_way) < AT_ONCE
        return is_first and service in SERVICES and not is_charged(service, operation)

    async def call(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        *,
        region: str | None,
        required: Sequence[str],
        timeout: float,
    ) -> dict[str, Any]:
        """One validated response. Raises NotHere, Again, Failed; Refused for an operation that is not on the list."""
        self._gate.require_read(service, operation)
        under_way: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._under_way.add(under_way)
        try:
            async with asyncio.timeout(timeout):
                return await self._sent(service, operation, params, region, required)
        except (NotHere, Again, Failed):
            self._retired = True
            raise
        except TimeoutError as error:
            self._retired = True
            raise Failed(error) from error
        finally:
            self._under_way.discard(under_way)
            under_way.set_result(None)

    async def settled(self) -> None:
        """Wait until no read is under way or about to follow another; not for long, because one may hang."""
        loop = asyncio.get_running_loop()
        until = loop.time() + SETTLING
        while loop.time() < until:
            # Whoever started at the same time, or got an answer just now, sends its next read first.
            for _turn in range(TURNS):
                await asyncio.sleep(0)
            if not self._under_way:
                return
            await asyncio.wait(tuple(self._under_way), timeout=until - loop.time())

    def secrets(self) -> tuple[str, ...]:
        keys = self._keys
        parts = (keys.secret_key, keys.token) if keys else ()
        return tuple(text for part in parts if (text := part.reveal()))

    def retire(self) -> None:
        """Send nothing more: the SDK is there. Reads that are under way come to their end."""
        self._retired = True

    def close(self) -> None:
        self._retired = True
        for connections in self._connections.values():
            connections.close()

    async def _sent(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        region: str | None,
        required: Sequence[str],
    ) -> dict[str, Any]:
        region = region or self._settings.region
        signed, connections, url = await in_thread(lambda: self._prepared(service, operation, params, region))
        if sent := SENDING.get():
            sent.note(url, signed.headers.get("Authorization", ""))
        try:
            exchange = Exchange(connections)
        except ConnectionError as error:
            raise Again from error
        self._wire.sent(service, operation)
        try:
            answer, parsed = await in_thread(lambda: self._exchanged(service, signed, exchange))
        except asyncio.CancelledError:
            exchange.abort()
            raise
        self._wire.answered(answer.headers.get("date", ""))
        if isinstance(parsed, BaseException):
            raise parsed
        self._wire.has_answered = True
        try:
            require(parsed, required)
        except ValueError as error:
            raise Failed(error) from error
        return parsed

    def _prepared(
        self, service: str, operation: str, params: dict[str, Any], region: str
    ) -> "tuple[Signed, Connections, str]":
        """The signed request, and where to send it with its address; in a thread. Raises NotHere, Failed."""
        try:
            # TLS opens its certificates while the SDK is imported.
            check_variables()
        except UnfitFile as error:
            raise NotHere from error
        self._keys = keys = static_keys(self._settings)
        if keys is None:
            raise NotHere
        sdk = _sdk_parts()
        SIGNING_TIME.set(self._wire.signing_time)
        try:
            requests = self._requests_of(service)
            url = requests.endpoint(self._settings.endpoint_url, region)
            if not url:
                raise NotHere
            return requests.signed(operation, params, url, region, keys), self._connections_to(url), url
        except (OSError, LookupError) as error:
            # What is wrong with a file of certificates, or with an operation, is the SDK's to say.
            raise NotHere from error
        except sdk.FAILURES as error:
            raise Failed(error) from error

    def _exchanged(
        self, service: str, signed: "Signed", exchange: Exchange
    ) -> tuple[Answer, dict[str, Any] | Exception]:
        """The response, and what it says or the error that it is; in a thread. Raises Again."""
        sdk = _sdk_parts()
        try:
            answer = exchange.run(signed.headers, signed.body, limit_of(service))
        except BROKEN as error:
            raise Again from error
        except ValueError:
            # A header that cannot be sent. The error shows it, and it may be a secret.
            raise Again from None
        try:
            return answer, self._requests_of(service).parsed(signed, answer)
        except sdk.Passing as error:
            return answer, Again(str(error))
        except sdk.FAILURES as error:
            return answer, Failed(error)

    def _requests_of(self, service: str) -> "Requests":
        if service not in self._requests:
            self._requests[service] = _sdk_parts().requests_of(service)
        return self._requests[service]

    def _connections_to(self, url: str) -> Connections:
        if url not in self._connections:
            tls = _sdk_parts().tls_context() if url.startswith("https:") else None
            self._connections[url] = Connections(url, tls)
        return self._connections[url]


def _sdk_parts() -> ModuleType:
    """The signer, the serializer and the parser of the SDK; imported in a thread, once they are needed."""
    from services.aws.client.direct import requests

    return requests
