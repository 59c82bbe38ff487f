"""`python -m services.demo`: the embedded AWS as a process of its own; see `services.demo.launch`. Prints one
JSON line on stdout when it is ready. Ends when its stdin is closed or its parent ends."""

import argparse
import gc
import json
import os
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.clock import SpedClock
from services.demo import scratch
from services.host.hardening import forbid_core_dumps


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services.demo", description=__doc__)
    parser.add_argument("--scenario", default="ordinary-day")
    parser.add_argument("--seed", type=int, help="draws what sets off the scenario's alarm")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--origin", type=datetime.fromisoformat, help="the world's time at start, ISO 8601")
    parser.add_argument("--since", type=float, help="epoch seconds of the machine at --origin; default: now")
    parser.add_argument("--ahead", type=float, default=0.0, help="seconds that the scenario has run already")
    parser.add_argument("--language", default="ja", help="language of dashboards and descriptions")
    parser.add_argument(
        "--quotas", type=json.loads, default={}, help='requests a second, as {"logs.FilterLogEvents": 5}'
    )
    parser.add_argument(
        "--scratch", type=Path, help="a folder of its own, made at the start and removed at the end"
    )
    return parser.parse_args()


class _Parent:
    """Watches for the end of stdin or of the parent; before `wait` is called, it ends the process at once."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._pid = os.getppid()
        self._gone = threading.Event()
        self._serving = threading.Event()
        for watch in (self._read_stdin, self._check_parent):
            threading.Thread(target=watch, name=watch.__name__, daemon=True).start()

    def _read_stdin(self) -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        self._end()

    def _check_parent(self) -> None:
        while not self._gone.wait(1.0):
            if os.getppid() != self._pid:
                self._end()

    def _end(self) -> None:
        self._gone.set()
        if not self._serving.is_set():
            # Nobody needs the rest of the startup.
            _remove(self._folder)
            os._exit(0)

    def wait(self) -> None:
        self._serving.set()
        self._gone.wait()


def _remove(folder: Path | None) -> None:
    if folder is not None:
        scratch.remove(folder)


def main() -> None:
    forbid_core_dumps()
    arguments = _arguments()
    if arguments.scratch is not None:
        scratch.make(arguments.scratch)
        tempfile.tempdir = str(arguments.scratch)
    parent = _Parent(arguments.scratch)
    try:
        _serve(arguments, parent)
    except BrokenPipeError:
        # The parent has just been killed.
        return
    finally:
        _remove(arguments.scratch)


def _serve(arguments: argparse.Namespace, parent: _Parent) -> None:
    # Startup creates no garbage, and collecting would take a tenth of its time.
    gc.disable()
    try:
        from services.demo.front.app import Front, Server
    except ModuleNotFoundError as missing:
        sys.exit(f"the embedded AWS needs the extra 'demo': {missing}")
    from services.demo import handlers, scenario
    from services.demo.incidents import drawing
    from services.demo.world import World

    assert handlers
    try:
        story = (
            scenario.load(arguments.scenario)
            if arguments.seed is None
            else drawing.draw(arguments.scenario, arguments.seed)
        )
    except (LookupError, ValueError) as error:
        sys.exit(str(error))
    origin = arguments.origin or story.origin(datetime.now(UTC))
    origin = origin.astimezone(UTC)
    clock = SpedClock(origin, arguments.since or time.time(), arguments.speed)
    began = origin - timedelta(seconds=arguments.ahead)
    server = Server(Front(lambda: World(story, clock, began=began, language=arguments.language)))
    server.front.faults.limit(arguments.quotas)
    # The process ends without stopping it, so it need not poll for a stop.
    server.start(poll=60.0)
    ready = {"url": server.url, "origin": origin.isoformat(), "since": clock.since, "speed": clock.speed}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    # Meanwhile the console imports its own modules; its first requests wait for the world.
    assert server.front.world
    gc.freeze()
    gc.enable()
    # From here on, output of a library would land on the console's screen.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    parent.wait()
    server.front.close()


if __name__ == "__main__":
    main()
