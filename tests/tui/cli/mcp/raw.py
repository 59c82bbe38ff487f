"""`toban mcp` as bytes on pipes, for what no client of the library's would send."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.tui.cli.mcp.client import ROOT, command, environment

GREETING = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "tests", "version": "1"},
    },
}


class Server:
    """One process; `ask` sends a request and returns the response with its id."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self._id = 1000

    def send(self, line: bytes) -> None:
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.process.stdout.readline())
        return message

    def begin(self, method: str, params: object = None) -> int:
        self._id += 1
        message = {"jsonrpc": "2.0", "id": self._id, "method": method}
        self.send(json.dumps(message | ({} if params is None else {"params": params})).encode())
        return self._id

    def ask(self, method: str, params: object = None) -> dict[str, Any]:
        id = self.begin(method, params)
        while (answer := self.receive()).get("id") != id:
            pass
        return answer

    def call(self, name: object, arguments: object) -> dict[str, Any]:
        return self.ask("tools/call", {"name": name, "arguments": arguments})

    def end(self) -> tuple[int, bytes, bytes]:
        """Close its input; its status, and the rest of what it printed."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err

    def sockets(self) -> int:
        folder = f"/proc/{self.process.pid}/fd"
        count = 0
        for name in os.listdir(folder):
            try:
                count += os.readlink(f"{folder}/{name}").startswith("socket:")
            except OSError:
                continue
        return count


@contextmanager
def spawned(*argv: str, script: str = "", **more: str) -> Iterator[Server]:
    """A server, or a script that starts one, that has been greeted; killed at the end if it still runs."""
    pipe = subprocess.PIPE
    words = [sys.executable, *(("-c", script) if script else command(*argv))]
    process = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, env=environment(**more), cwd=ROOT)
    server = Server(process)
    try:
        server.send(json.dumps(GREETING).encode())
        assert server.receive()["result"]["serverInfo"]["name"] == "toban"
        server.send(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}')
        yield server
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
