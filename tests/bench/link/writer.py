"""`python -m tests.bench.link.writer URL GROUP`; ends with its standard input."""

import asyncio
import os
import sys
import time

from aiobotocore.session import get_session

from tests.bench.link.feed import RATE, Feed

BATCH = 0.2  # Seconds between two requests


async def write(url: str, group: str) -> None:
    # A stream of its own for each run: one world serves several.
    stream = f"link-bench-{os.getpid()}"
    ended = asyncio.create_task(asyncio.to_thread(os.read, sys.stdin.fileno(), 1))
    async with get_session().create_client("logs", region_name="ap-northeast-1", endpoint_url=url) as logs:
        await logs.create_log_stream(logGroupName=group, logStreamName=stream)
        feed = Feed(RATE)
        while not (await asyncio.wait([ended], timeout=BATCH))[0]:
            now = int(time.time() * 1000)
            events = [{"timestamp": now, "message": text} for text in feed.due()]
            if events:
                await logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


if __name__ == "__main__":
    asyncio.run(write(*sys.argv[1:3]))
