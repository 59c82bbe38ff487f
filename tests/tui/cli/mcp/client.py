"""How tests speak to `toban mcp`: the library's own client, and a real process against the embedded AWS."""

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mcp.client.session import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, TextContent

from services.aws.client.allowed_operations import READS
from tests.conftest import Embedded

ROOT = Path(__file__).parents[4]
INCIDENT = "alb-5xx-error-rate"
CALLS: dict[str, dict[str, Any]] = {
    "list_alarms": {},
    "run_inspections": {"names": ["backups", "access-keys"]},
    "read_report": {"when": "2026-01-06"},
    "list_duties": {"month": "2026-01"},
    "list_incidents": {"every": True},
    "show_incident": {"id": "alb-5xx"},
    "incident_report": {"id": "alb-5xx"},
    "assess_alarm": {"alarm": INCIDENT},
    "plan_change": {"kind": "task-limit", "values": {"max": "10", "revert": "duty"}},
}
"""A call of each tool that has a result where the journal has an incident of this alarm."""


def command(*argv: str, lang: str = "en") -> list[str]:
    return ["-m", "tui", "--lang", lang, "mcp", *argv]


def environment(**more: str) -> dict[str, str]:
    """What a client gives the server: its own and the tests' home and keys."""
    names = ("PATH", "HOME", "LANG", "TOBAN_JOURNAL", "TOBAN_CONFIG")
    own = {name: value for name, value in os.environ.items() if name in names or name.startswith("AWS_")}
    return {**own, **more}


@dataclass(frozen=True)
class Served:
    session: ClientSession
    errors: IO[str]

    async def call(self, name: str, arguments: Mapping[str, Any] | None = None) -> CallToolResult:
        result = await self.session.call_tool(name, dict(arguments or {}))
        assert isinstance(result, CallToolResult)
        return result

    async def data(self, name: str, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
        result = await self.call(name, arguments)
        assert not result.is_error, text_of(result)
        assert result.structured_content is not None
        return result.structured_content

    async def refused(self, name: str, arguments: Mapping[str, Any] | None = None) -> str:
        result = await self.call(name, arguments)
        assert result.is_error
        assert result.structured_content is None
        return text_of(result)

    def complaints(self) -> str:
        self.errors.seek(0)
        return self.errors.read()


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@asynccontextmanager
async def served(*argv: str, lang: str = "en", **more: str) -> AsyncIterator[Served]:
    """A server with a client that has greeted it; at the end nothing on standard error may be a traceback."""
    parameters = StdioServerParameters(
        command=sys.executable, args=command(*argv, lang=lang), env=environment(**more), cwd=ROOT
    )
    failure: BaseException | None = None
    with tempfile.TemporaryFile("w+") as errors:
        async with stdio_client(parameters, errors) as streams, ClientSession(*streams) as session:
            await session.initialize()
            here = Served(session, errors)
            try:
                yield here
            except Exception as error:  # noqa: BLE001  raised below, outside the groups of the library's tasks
                failure = error
        if failure is not None:
            raise failure
        assert "Traceback" not in here.complaints()


def written(embedded: Embedded) -> set[str]:
    """What was asked of AWS and is none of the reads that every session may send."""
    return set(embedded.counts()) - {f"{service}.{operation}" for service, operation in READS}


def strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                yield key
                yield from strings(inner)
        case list():
            for inner in value:
                yield from strings(inner)
