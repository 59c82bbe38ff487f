"""A process that writes log events to the embedded AWS: steady, late, in bursts; and the list of what it wrote.

`python -m tests.faults.log_writer URL LIST SEED RATE SECONDS BURST CLOCK GROUP…` creates the groups, says `ready` and waits for
a line. Then it writes RATE events a second into each group, and BURST at once into one group after the other; CLOCK is the
world's, as `origin since speed`. Each line of LIST is a group, an event's name, its lateness in seconds, when it was
made (epoch seconds) and its own time (epoch milliseconds of the world). At its end it says how many there are.
"""

import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from botocore.session import get_session

from services.clock import SpedClock

STREAMS = 5
LATE = (60, 300, 840, 2_400, 5_400, 7_100)  # Seconds by which an event of a hundred is late
SIZE = 300  # Characters of a message
MOST = 3_000  # Events in one request: 1 MB
TICK = 0.5  # Seconds between two requests for each group


class Writer:
    def __init__(self, client: Any, names: TextIO, seed: int, clock: SpedClock) -> None:
        self.clock = clock
        self.client = client
        self.names = names
        self.random = random.Random(seed)
        self.count = 0
        self.late_from = time.monotonic() + 3.0
        """At first nothing is late: a tail must have shown newer events before."""

    def create(self, group: str) -> None:
        self.client.create_log_group(logGroupName=group)
        for number in range(STREAMS):
            self.client.create_log_stream(logGroupName=group, logStreamName=f"task/{number}")

    def events(self, group: str, number: int, seconds: float) -> Iterator[tuple[int, str]]:
        now, seconds = self.clock.now().timestamp(), seconds * self.clock.speed
        for index in range(number):
            is_late = self.random.random() < 0.01 and time.monotonic() > self.late_from
            late = self.random.choice(LATE) if is_late else 0
            at = now - seconds + seconds * index / number - late
            name = f"{group.rsplit('/', 1)[-1]}-{self.count:07d}"
            self.count += 1
            self.names.write(f"{group}\t{name}\t{late}\t{time.time():.3f}\t{int(at * 1000)}\n")
            yield int(at * 1000), f"{name} ".ljust(SIZE, "x")

    def put(self, group: str, number: int, seconds: float) -> None:
        rows = sorted(self.events(group, number, seconds))
        for first in range(0, len(rows), MOST):
            self.client.put_log_events(
                logGroupName=group,
                logStreamName=f"task/{self.random.randrange(STREAMS)}",
                logEvents=[{"timestamp": at, "message": text} for at, text in rows[first : first + MOST]],
            )


def main(
    url: str, path: str, seed: str, rate: str, seconds: str, burst: str, clock: str, groups: list[str]
) -> None:
    origin, since, speed = map(float, clock.split())
    client = get_session().create_client(
        "logs",
        region_name="ap-northeast-1",
        endpoint_url=url,
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    with open(path, "w") as names:
        writer = Writer(
            client, names, int(seed), SpedClock(datetime.fromtimestamp(origin, UTC), since, speed)
        )
        for group in groups:
            writer.create(group)
        print("ready", flush=True)
        sys.stdin.readline()
        writer.late_from = time.monotonic() + 3.0
        began = time.monotonic()
        last = dict.fromkeys(groups, began)
        due = [began + float(seconds) * (index + 1) / (len(groups) + 1) for index in range(len(groups))]
        while time.monotonic() < began + float(seconds):
            for group in groups:
                now = time.monotonic()
                writer.put(group, round((now - last[group]) * int(rate)), now - last[group])
                last[group] = now
            if due and time.monotonic() >= due[0]:
                writer.put(groups[len(due) - 1], int(burst), 1.0)
                due.pop(0)
            time.sleep(max(0.0, TICK - (time.monotonic() - now)))
    print(writer.count, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:8], sys.argv[8:])
