"""The front: one WSGI application that is the whole embedded AWS."""

import json
import os
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, NoReturn
from uuid import UUID

from services.demo.faults import FaultDesk, FaultRule
from services.demo.front import moto_app, wire
from services.demo.front.control import CONTROL, control
from services.demo.front.wire import Answer, Asked, Scope
from services.demo.registry import HANDLERS, Call, Fault, ToMoto
from services.demo.world import World

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
HANG = 600.0
"""Seconds that a hanging request hangs."""
_PAGE = b"<!DOCTYPE html><html><head><meta charset=utf-8><title>Proxy</title><body><h1>Sign in to the network</h1>"


class Front:
    """Routes by SigV4 scope: our handlers, else moto, else a NotImplemented that botocore can read."""

    def __init__(self, make_world: Callable[[], World]) -> None:
        self._make_world = make_world
        self._world: World | None = None
        self._making = threading.Lock()
        self.faults = FaultDesk()
        self.counts: Counter[str] = Counter()
        """Requests by `service.Operation`."""
        self.closed = threading.Event()
        """Ends what hangs, waits or streams."""
        self._moto = moto_app.Moto()
        self._serial = 0

    @property
    def world(self) -> World:
        """Everything there is; made when first asked for, and whoever asks meanwhile waits."""
        with self._making:
            if self._world is None:
                self._world = self._make_world()
            return self._world

    def reset(self) -> None:
        """Begin anew: world, counts, faults, moto."""
        self.world.ended.set()
        moto_app.reset()
        self.faults.clear()
        self.counts.clear()
        self._world = self._make_world()

    def close(self) -> None:
        """End what hangs, waits or streams."""
        self.closed.set()
        self.world.ended.set()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ["PATH_INFO"].startswith(CONTROL):
            return self._send(control(self, environ), start_response)
        body = wire.body_of(environ)
        scope = wire.scope_of(environ)
        asked = wire.read(environ, scope, body) if scope else None
        if asked is None:
            reply = self._moto(environ, body) or _not_implemented(scope)
            return self._send(reply, start_response)
        return self._send(self._answer(asked, environ, body), start_response)

    def _answer(self, asked: Asked, environ: Mapping[str, Any], body: bytes) -> Answer:
        service, operation = asked.scope.service, asked.operation
        with self.world.lock:
            self.counts[f"{service}.{operation}"] += 1
            self.world.tick()
            rule = self.faults.take(service, operation, self.world.fault_rules())
        if rule is None:
            return self._carry_out(asked, environ, body)
        if rule.delay:
            self.closed.wait(rule.delay)
        return self._spoil(rule, asked, environ, body)

    def _spoil(self, rule: FaultRule, asked: Asked, environ: Mapping[str, Any], body: bytes) -> Answer:
        if rule.kind == "error":
            return wire.refusal(asked, rule.fault(asked.scope.service, asked.operation, asked.protocol))
        if rule.kind == "html":
            return Answer(200, {"Content-Type": "text/html"}, _PAGE)
        if rule.kind == "redirect":
            return Answer(307, {"Location": f"http://{environ['HTTP_HOST']}{environ['PATH_INFO']}"}, b"")
        if rule.kind == "hang":
            self.closed.wait(HANG)
        if rule.kind in ("hang", "reset-before"):
            _cut(environ)
        reply = self._carry_out(asked, environ, body)
        return _spoil_after(rule, reply, environ) if rule.kind else reply

    def _carry_out(self, asked: Asked, environ: Mapping[str, Any], body: bytes) -> Answer:
        handler = HANDLERS.get((asked.scope.service, asked.operation))
        if handler is not None:
            try:
                return wire.answer(asked, self._handle(handler, asked))
            except Fault as fault:
                return wire.refusal(asked, fault)
            except ToMoto:
                pass
        return self._moto(environ, body) or wire.refusal(asked, _lacking(asked.scope, asked.operation))

    def _handle(self, handler: Callable[[Call], dict[str, Any]], asked: Asked) -> dict[str, Any]:
        scope = asked.scope
        call = Call(
            scope.service,
            asked.operation,
            asked.params,
            scope.region,
            self.world.account,
            self.world,
            scope.access_key,
        )
        with self.world.lock:
            return handler(call)

    def _send(self, reply: Answer, start_response: StartResponse) -> Iterable[bytes]:
        headers = dict(reply.headers)
        if reply.body is not _PAGE and reply.status != HTTPStatus.TEMPORARY_REDIRECT:
            # What stands between us and AWS gives no request id.
            headers["x-amzn-RequestId"] = self._request_id()
        if isinstance(reply.body, bytes):
            headers.setdefault("Content-Length", str(len(reply.body)))
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", list(headers.items()))
        return [reply.body] if isinstance(reply.body, bytes) else reply.body

    def _request_id(self) -> str:
        self._serial += 1
        return str(UUID(int=(0x70BA << 112) + self._serial))


def _lacking(scope: Scope | None, operation: str) -> Fault:
    named = f"{scope.service}:{operation}" if scope else "This operation"
    return Fault("NotImplemented", f"{named} is not part of the embedded AWS", 501)


def _not_implemented(scope: Scope | None) -> Answer:
    """For a request whose protocol is unknown, as JSON."""
    fault = _lacking(scope, "*")
    content = {"__type": fault.code, "message": fault.message}
    return Answer(fault.status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(content).encode())


def _spoil_after(rule: FaultRule, reply: Answer, environ: Mapping[str, Any]) -> Answer:
    if rule.kind == "reset-after":
        _cut(environ)
    body = reply.body if isinstance(reply.body, bytes) else b"".join(reply.body)
    if rule.kind == "empty":
        return Answer(200, reply.headers, b"")
    # The length promised is longer than what is sent, so the client sees the connection end too early.
    return Answer(reply.status, {**reply.headers, "Content-Length": str(len(body))}, body[: len(body) // 2])


def _cut(environ: Mapping[str, Any]) -> NoReturn:
    """Reset the connection, as a dying proxy does."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # The server's own close would first say good-bye with a FIN.
    os.close(connection.detach())
    raise ConnectionAbortedError
