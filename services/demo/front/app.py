"""The front: one WSGI application that is the whole embedded AWS, served on loopback.

The control path `/_toban/…`: faults, the clock, counts; for tests and benchmarks, never for the console.

GET    /_toban/ready                    {"scenario", "now"}
GET    /_toban/truth                    {"causes": ["bad-deployment"], "red_herrings": [], "seed": 1}: what a drawn world hides
GET    /_toban/counts                   {"cloudwatch.DescribeAlarms": 3, …}
POST   /_toban/faults  FaultRule        put a fault in force
DELETE /_toban/faults                   remove all
POST   /_toban/quotas  {"logs.FilterLogEvents": 5}   requests a second that pass; 0: any number
POST   /_toban/clock   {"advance": s}   move a manual clock
POST   /_toban/reset                    begin anew
"""

import json
import os
import socket
import struct
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from http import HTTPStatus
from typing import Any, NoReturn
from uuid import UUID

import orjson
from pydantic import ValidationError
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from services.clock import ManualClock
from services.demo import github
from services.demo.errors import AwsErrorResponse, ErrorAnswer, ToMoto
from services.demo.faults import FaultRule, FaultStore
from services.demo.front import moto_app, wire
from services.demo.front.recording import record
from services.demo.front.wire import ParsedRequest, Scope
from services.demo.launch import PREFIX
from services.demo.registry import HANDLERS, Call
from services.demo.world import World

CONTROL = "/_toban/"
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
REQUEST_ID = "x-amzn-RequestId"
HANG = 600.0  # Seconds that a hanging request hangs
_PAGE = b"<!DOCTYPE html><html><head><meta charset=utf-8><title>Proxy</title><body><h1>Sign in to the network</h1>"


class Front:
    """Routes by SigV4 scope: to a handler, else to moto, else to a NotImplemented error that botocore can parse."""

    def __init__(self, make_world: Callable[[], World]) -> None:
        self._make_world = make_world
        self._world: World | None = None
        self._creating = threading.Lock()
        self.faults = FaultStore()
        self.counts: Counter[str] = Counter()  # Requests by `service.Operation`
        self.carried_out: Counter[str] = Counter()  # Those that were answered without an error
        self.closed = threading.Event()  # Set to end requests that hang, wait or stream
        self.wall: Callable[[], datetime] = partial(datetime.now, UTC)
        """The clock by which requests are signed: the machine's, not the world's."""
        self._moto = moto_app.Moto()
        self._serial = 0

    @property
    def world(self) -> World:
        """The current world; created by the first access, while others wait."""
        with self._creating:
            if self._world is None:
                self._world = self._make_world()
            return self._world

    def reset(self) -> None:
        self.world.ended.set()
        moto_app.reset()
        self.faults.clear()
        self.counts.clear()
        self.carried_out.clear()
        self._world = self._make_world()

    def close(self) -> None:
        self.closed.set()
        self.world.ended.set()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(CONTROL):
            return self._send(self._control(environ), start_response)
        body = wire.body_of(environ)
        if environ["PATH_INFO"].startswith(f"{PREFIX}/"):
            return self._send(self._github(environ, body), start_response)
        scope = wire.scope_of(environ)
        request = wire.read(environ, scope, body) if scope else None
        if request is None:
            reply = self._moto(environ, body) or _unknown_protocol(scope)
            return self._send(reply, start_response)
        return self._send(self._answer(request, environ, body), start_response)

    def _control(self, environ: dict[str, Any]) -> ErrorAnswer:
        """Carry out one control request; an error is answered with 400 and its reason."""
        route = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].removeprefix(CONTROL)}"
        try:
            status, content = 200, self._controlled(route, wire.body_of(environ))
        except NotImplementedError:
            status, content = 404, {"error": f"no {route}"}
        except (ValidationError, orjson.JSONDecodeError, ValueError, KeyError) as error:
            status, content = 400, {"error": str(error)}
        return ErrorAnswer(status, {"Content-Type": "application/json"}, orjson.dumps(content))

    def _controlled(self, route: str, body: bytes) -> dict[str, Any]:
        run = self.world.run
        match route:
            case "GET ready":
                return {"scenario": run.scenario.name, "now": run.now.isoformat()}
            case "GET truth":
                story = run.scenario
                return {"causes": story.causes, "red_herrings": story.red_herrings, "seed": story.seed}
            case "GET counts":
                return dict(self.counts)
            case "POST faults":
                self.faults.add(FaultRule.model_validate_json(body))
            case "DELETE faults":
                self.faults.clear()
            case "POST quotas":
                self.faults.limit({str(name): float(rate) for name, rate in orjson.loads(body).items()})
            case "POST clock":
                return self._advance(float(orjson.loads(body)["advance"]))
            case "POST reset":
                self.reset()
            case _:
                raise NotImplementedError
        return {}

    def _advance(self, seconds: float) -> dict[str, Any]:
        clock = self.world.clock
        if not isinstance(clock, ManualClock):
            raise ValueError("the clock runs by itself")
        with self.world.lock:
            clock.advance(seconds)
            self.world.tick()
        return {"now": clock.now().isoformat()}

    def _answer(self, request: ParsedRequest, environ: Mapping[str, Any], body: bytes) -> ErrorAnswer:
        service, operation = request.scope.service, request.operation

        def fail(rule: FaultRule) -> ErrorAnswer:
            error = rule.error(service, operation, request.protocol)
            if error.status // 100 != 4:  # it did not get so far
                return wire.error_answer(request, error)
            return self._recorded(request, environ, wire.error_answer(request, error), error=error.code)

        return self._faulted(service, operation, environ, lambda: self._handle(request, environ, body), fail)

    def _github(self, environ: Mapping[str, Any], body: bytes) -> ErrorAnswer:
        request = github.read(environ, body, self.world.run.now)

        def handle() -> ErrorAnswer:
            with self.world.lock:
                reply = github.handle(self.world.github, request, environ)
            if request is not None and reply.status < 300:
                self.carried_out[f"github.{request.operation}"] += 1
            return reply

        return self._faulted("github", request.operation if request else "", environ, handle, github.error)

    def _faulted(
        self,
        service: str,
        operation: str,
        environ: Mapping[str, Any],
        handle: Callable[[], ErrorAnswer],
        error: Callable[[FaultRule], ErrorAnswer],
    ) -> ErrorAnswer:
        with self.world.lock:
            self.counts[f"{service}.{operation}"] += 1
            self.world.tick()
            rule = self.faults.take(service, operation, self.world.fault_rules())
        if rule is None:
            return handle()
        if rule.delay:
            self.closed.wait(rule.delay)
        if rule.kind == "error":
            return error(rule)
        if rule.kind == "html":
            return ErrorAnswer(200, {"Content-Type": "text/html"}, _PAGE)
        if rule.kind == "redirect":
            return ErrorAnswer(307, {"Location": f"http://{environ['HTTP_HOST']}{environ['PATH_INFO']}"}, b"")
        if rule.kind == "hang":
            self.closed.wait(HANG)
        if rule.kind in ("hang", "reset-before"):
            _cut(environ)
        reply = handle()
        return _damage(rule, reply, environ) if rule.kind else reply

    def _handle(self, request: ParsedRequest, environ: Mapping[str, Any], body: bytes) -> ErrorAnswer:
        expired = wire.expired(request, environ, self.wall())
        if expired is not None:
            return wire.error_answer(request, expired)
        handler = HANDLERS.get((request.scope.service, request.operation))
        if handler is not None:
            try:
                result = self._call(handler, request)
                self.carried_out[f"{request.scope.service}.{request.operation}"] += 1
                reply = self._breakable(request, wire.answer(request, result), environ)
                return self._recorded(request, environ, reply, response=result)
            except AwsErrorResponse as error:
                return self._recorded(request, environ, wire.error_answer(request, error), error=error.code)
            except ToMoto:
                pass
        return self._moto(environ, body) or wire.error_answer(
            request, _not_implemented(request.scope, request.operation)
        )

    def _recorded(
        self, request: ParsedRequest, environ: Mapping[str, Any], reply: ErrorAnswer, **outcome: Any
    ) -> ErrorAnswer:
        id, scope = self._request_id(), request.scope
        with self.world.lock:
            record(
                self.world,
                scope.service,
                request.operation,
                request.params,
                scope.region,
                access_key=scope.access_key,
                agent=str(environ.get("HTTP_USER_AGENT", "")),
                request_id=id,
                **outcome,
            )
        return reply._replace(headers={**reply.headers, REQUEST_ID: id})

    def _breakable(
        self, request: ParsedRequest, reply: ErrorAnswer, environ: Mapping[str, Any]
    ) -> ErrorAnswer:
        def frames(stream: Iterable[bytes]) -> Iterator[bytes]:
            for frame in stream:
                rule = self.faults.take(request.scope.service, f"{request.operation}.update")
                if rule is None:
                    yield frame
                    continue
                self.closed.wait(HANG if rule.kind == "hang" else rule.delay)
                if rule.kind == "error":
                    error = rule.error(request.scope.service, request.operation, request.protocol)
                    yield wire.exception_frame(error)
                if rule.kind == "truncated":
                    yield frame[: len(frame) // 2]
                if rule.kind in ("hang", "reset-before", "reset-after"):
                    _cut(environ)
                if rule.kind is not None:
                    return
                yield frame

        return reply if isinstance(reply.body, bytes) else reply._replace(body=frames(reply.body))

    def _call(self, handler: Callable[[Call], dict[str, Any]], request: ParsedRequest) -> dict[str, Any]:
        scope = request.scope
        call = Call(
            scope.service,
            request.operation,
            request.params,
            scope.region,
            self.world.account,
            self.world,
            scope.access_key,
        )
        with self.world.lock:
            return handler(call)

    def _send(self, reply: ErrorAnswer, start_response: StartResponse) -> Iterable[bytes]:
        headers = dict(reply.headers)
        from_github = "X-GitHub-Request-Id" in headers
        if not from_github and reply.body is not _PAGE and reply.status != HTTPStatus.TEMPORARY_REDIRECT:
            # A proxy in between sends no request id.
            headers[REQUEST_ID] = headers.get(REQUEST_ID) or self._request_id()
            headers["Date"] = format_datetime(self.wall(), usegmt=True)
        if isinstance(reply.body, bytes):
            headers.setdefault("Content-Length", str(len(reply.body)))
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", list(headers.items()))
        return [reply.body] if isinstance(reply.body, bytes) else reply.body

    def _request_id(self) -> str:
        self._serial += 1
        return str(UUID(int=(0x70BA << 112) + self._serial))


def _not_implemented(scope: Scope | None, operation: str) -> AwsErrorResponse:
    name = f"{scope.service}:{operation}" if scope else "This operation"
    return AwsErrorResponse("NotImplemented", f"{name} is not part of the embedded AWS", 501)


def _unknown_protocol(scope: Scope | None) -> ErrorAnswer:
    error = _not_implemented(scope, "*")
    content = {"__type": error.code, "message": error.message}
    return ErrorAnswer(
        error.status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(content).encode()
    )


def _damage(rule: FaultRule, reply: ErrorAnswer, environ: Mapping[str, Any]) -> ErrorAnswer:
    if rule.kind == "reset-after":
        _cut(environ)
    if rule.kind == "502-after":
        return ErrorAnswer(502, {"Content-Type": "text/html"}, _PAGE)
    body = reply.body if isinstance(reply.body, bytes) else b"".join(reply.body)
    if rule.kind == "empty":
        return ErrorAnswer(200, reply.headers, b"")
    # Content-Length exceeds what is sent, so that the connection ends too early for the client.
    return ErrorAnswer(
        reply.status, {**reply.headers, "Content-Length": str(len(body))}, body[: len(body) // 2]
    )


def _cut(environ: Mapping[str, Any]) -> NoReturn:
    connection: socket.socket = environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # The server's own close would send a FIN first; it goes on with a connection that has ended.
    ended, other = socket.socketpair()
    os.dup2(ended.fileno(), connection.fileno())
    ended.close()
    other.close()
    raise ConnectionAbortedError


POLL = 0.02  # Seconds until `stop` is noticed


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, as AWS sends a short answer

    def log_request(self, code: Any = "-", size: Any = "-") -> None: ...

    def log_error(self, format: str, *args: Any) -> None:
        """Print nothing; a request that is no HTTP is the client's mistake."""


class Server(ThreadedWSGIServer):
    """One front on 127.0.0.1; `failures` holds the tracebacks of bugs in our handlers, for tests."""

    def __init__(self, front: Front, port: int = 0) -> None:
        super().__init__("127.0.0.1", port, front, _Handler)
        self.front = front
        self.failures: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self, type: str, message: str, *args: Any) -> None:
        self.failures.append(message % args if args else message)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Called in an `except`; a connection that a fault has cut is no failure."""
        if not isinstance(sys.exc_info()[1], OSError | ValueError):
            self.failures.append(traceback.format_exc())

    def start(self, poll: float = POLL) -> threading.Thread:
        thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": poll}, name="embedded-aws", daemon=True
        )
        thread.start()
        return thread

    def stop(self) -> None:
        self.front.close()
        self.shutdown()
