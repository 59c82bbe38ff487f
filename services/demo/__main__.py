"""`python -m services.demo`: the embedded AWS as a process of its own; see `services.demo.launch`.

Prints one JSON line on stdout when it answers, then nothing; ends with its stdin or its parent.
"""

import argparse
import gc
import json
import os
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

from services.clock import SpedClock
from services.hardening import forbid_core_dumps


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services.demo", description=__doc__)
    parser.add_argument("--scenario", default="ordinary-day")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--origin", type=datetime.fromisoformat, help="the world's time at start, ISO 8601")
    parser.add_argument("--ahead", type=float, default=0.0, help="seconds that the scenario has run already")
    return parser.parse_args()


def _wait_for_the_end(parent: int) -> None:
    """Return when stdin ends or the parent is gone."""
    stop = threading.Event()

    def stdin_ends() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        stop.set()

    threading.Thread(target=stdin_ends, name="stdin", daemon=True).start()
    while not stop.wait(1.0):
        if os.getppid() != parent:
            stop.set()


def main() -> None:
    """Serve until stdin ends or the parent is gone."""
    forbid_core_dumps()
    chosen = _arguments()
    parent = os.getppid()
    # Nothing made while it starts is garbage: looking for it would take a tenth of the start.
    gc.disable()
    try:
        from services.demo.front.app import Front
        from services.demo.front.server import Server
    except ModuleNotFoundError as missing:
        sys.exit(f"the embedded AWS needs the extra 'demo': {missing}")
    from services.demo import handlers, scenario
    from services.demo.world import World

    assert handlers
    try:
        story = scenario.load(chosen.scenario)
    except (LookupError, ValueError) as error:
        sys.exit(str(error))
    origin = chosen.origin or story.origin(datetime.now(UTC))
    origin = origin.astimezone(UTC)
    clock = SpedClock(origin, time.time(), chosen.speed)
    began = origin - timedelta(seconds=chosen.ahead)
    server = Server(Front(lambda: World(story, clock, began=began)), chosen.port)
    # The process ends without stopping it, so it need not wake up to look for a stop.
    server.start(poll=60.0)
    ready = {"url": server.url, "origin": origin.isoformat(), "since": clock.since, "speed": clock.speed}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    # The console imports what it needs meanwhile; its first questions wait for the world.
    assert server.front.world
    gc.freeze()
    gc.enable()
    # From here on whatever a library writes would land on the console's screen.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    _wait_for_the_end(parent)
    server.front.close()


if __name__ == "__main__":
    main()
