"""Puts numbered lines into a log group: `python -m tests.bench.tail.writer URL GROUP RATE SECONDS BURST`.
RATE lines a second for SECONDS, half-way LATE lines that are LATE_BY seconds old, then BURST lines at once.
Prints for each request its kind, its first and last number and when it was answered, in seconds of the
monotonic clock."""

import asyncio
import json
import os
import sys
import time
from typing import Any

from aiobotocore.session import get_session

BATCH = 0.1  # Seconds between two requests
LATE, LATE_BY = 100, 60.0
_MOST = 2_500  # Lines in one request, which may have 1 MB


def line(number: int) -> str:
    """300 bytes of JSON with the number as `q00000000`."""
    fields = {
        "level": "ERROR" if number % 97 == 0 else "WARN" if number % 31 == 0 else "INFO",
        "message": f"q{number:08d} reservation accepted and queued for the mailer",
        "method": "POST",
        "path": f"/api/reservations/{number * 37 % 9000}",
        "statusCode": 503 if number % 97 == 0 else 200,
        "durationMs": number * 13 % 900,
        "requestId": f"{number * 2654435761 % 2**64:016x}",
    }
    text = json.dumps(fields)
    return text[:-1] + ', "pad": "' + "x" * max(0, 300 - len(text) - 11) + '"}'


class Writer:
    def __init__(self, logs: Any, group: str, stream: str) -> None:
        self._logs = logs
        self._group = group
        self._stream = stream
        self._number = 0

    async def put(self, kind: str, count: int, age: float = 0.0) -> None:
        while count > 0:
            first, some = self._number, min(count, _MOST)
            at = int((time.time() - age) * 1000)
            events = [{"timestamp": at, "message": line(number)} for number in range(first, first + some)]
            self._number += some
            count -= some
            await self._logs.put_log_events(
                logGroupName=self._group, logStreamName=self._stream, logEvents=events
            )
            print(kind, first, first + some - 1, time.monotonic(), flush=True)

    async def steady(self, rate: float, seconds: float) -> None:
        began, before = time.monotonic(), self._number
        while (now := time.monotonic()) - began < seconds:
            await self.put("steady", int((now - began) * rate) + before - self._number)
            await asyncio.sleep(BATCH)


async def write(url: str, group: str, rate: float, seconds: float, burst: int) -> None:
    async with get_session().create_client("logs", region_name="ap-northeast-1", endpoint_url=url) as logs:
        stream = f"bench-{os.getpid()}"
        await logs.create_log_stream(logGroupName=group, logStreamName=stream)
        writer = Writer(logs, group, stream)
        await writer.steady(rate, seconds / 2)
        await writer.put("late", LATE, LATE_BY)
        await writer.steady(rate, seconds / 2)
        await writer.put("burst", burst)


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])))
