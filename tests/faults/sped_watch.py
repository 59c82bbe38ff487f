"""A `toban watch --headless` whose time passes faster; prints how many tasks it has. Arguments: endpoint, journal, speed."""

import asyncio
import gc
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from services.aws.client.settings import AwsSettings
from services.clock import SpedClock
from services.runbook.loader import load_builtin
from services.system import Services
from tui.cli.headless_watch import HeadlessWatch
from tui.cli.printing import PrintedOutput


async def main(endpoint: str, journal: Path, speed: float) -> None:
    services = Services(
        load_builtin("facility-prod"),
        AwsSettings(region="ap-northeast-1", endpoint_url=endpoint),
        SpedClock(datetime.now(UTC), time.time(), speed),
        journal=journal,
        syslog=None,
    )
    console = HeadlessWatch(services, PrintedOutput(outline_drawn=False))
    tasks = [asyncio.create_task(work) for work in await console.begin()]
    while not any(task.done() for task in tasks):
        await asyncio.sleep(1)
        gc.collect()
        print("tasks", len(asyncio.all_tasks()), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])))
