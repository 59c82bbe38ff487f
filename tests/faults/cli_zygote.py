"""Runs command lines in forks of one process that has imported everything: a start costs milliseconds.

One order a line (JSON) on standard input: {"argv", "env", "cwd", "stdin": "null"|"closed", "stdout"/"stderr":
"file"|"full"|"closed"|"gone", "seconds": limit, "shown": characters of each output}. One answer a line, in any order: {"order": its number, "status":
the exit status, negative for a signal, or null where it had to be killed at its limit, "stdout", "stderr",
"seconds"}. `MOST` run side by side: most of them wait rather than compute.
"""

import io
import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from importlib import import_module
from typing import Any, NoReturn

import aiobotocore.session
import orjson

from services.aws.client.sdk import clients
from services.aws.client.sdk import credentials as login
from services.runbook.loader import load_builtin
from tui import __main__ as launcher

for name in (
    "services.duties.icalendar_file",
    "services.journal.verify",
    "services.report.agenda",
    "services.report.make",
    "services.report.rendering.html",
    "services.report.rendering.markdown",
    "services.system",
    "tui.app",
    "tui.cli.duties.agenda_text",
    "tui.cli.entry_text",
    "tui.cli.files",
    "tui.cli.main",
    "tui.startup.connection",
    "tui.startup.start",
):
    import_module(name)

IMPORTED = (aiobotocore.session, clients, login, orjson, load_builtin("facility-prod"))
MOST = 6
MEMORY = 2 << 30  # Bytes of address space: what reads a device without end fails, and the machine lives
SHOWN = 4000
ENDS_AS_PYTHON = 120  # What Python ends with where its last flush fails


def child(order: dict[str, Any], files: dict[str, int]) -> NoReturn:
    status = 1
    try:
        prepare(order, files)
        sys.argv = ["toban", *order["argv"]]
        launcher.main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001  as Python itself at its end
        if sys.stderr:
            traceback.print_exc(file=sys.stderr)
    finally:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            try:
                stream.flush()
            except (OSError, ValueError):
                status = ENDS_AS_PYTHON
        os._exit(status)


def prepare(order: dict[str, Any], files: dict[str, int]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    os.chdir(order["cwd"])
    sys.stdin = opened(order["stdin"], 0, files)
    sys.stdout = opened(order["stdout"], 1, files)
    sys.stderr = opened(order["stderr"], 2, files)
    vars(sys).update(__stdin__=sys.stdin, __stdout__=sys.stdout, __stderr__=sys.stderr)


def opened(kind: str, number: int, files: dict[str, int]) -> Any:
    if kind == "closed":
        os.close(number)
        return None
    if kind == "gone":
        reader, source = os.pipe()
        os.close(reader)
    else:
        path = {"null": os.devnull, "full": "/dev/full"}.get(kind)
        source = (
            files[str(number)] if path is None else os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY)
        )
    os.dup2(source, number)
    raw = open(number, "rb" if number == 0 else "wb", closefd=False)  # noqa: SIM115  lives as long as the process
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", line_buffering=number == 2)


class Running:
    def __init__(self, number: int, order: dict[str, Any]) -> None:
        self.number, self.order, self.began = number, order, time.monotonic()
        self.files = {name: tempfile.TemporaryFile() for name in "12"}  # noqa: SIM115  closed with the answer
        self.pid = os.fork()
        if not self.pid:
            child(order, {name: file.fileno() for name, file in self.files.items()})
        self.descriptor = os.pidfd_open(self.pid)

    @property
    def due(self) -> float:
        return float(self.began + self.order["seconds"])

    def answer(self, *, killed: bool) -> dict[str, Any]:
        if killed:
            os.kill(self.pid, signal.SIGKILL)
        _pid, waited = os.waitpid(self.pid, 0)
        os.close(self.descriptor)
        texts = []
        for file in self.files.values():
            file.seek(0)
            texts.append(file.read(self.order.get("shown", SHOWN)).decode("utf-8", "replace"))
            file.close()
        return {
            "order": self.number,
            "status": None if killed else os.waitstatus_to_exitcode(waited),
            "stdout": texts[0],
            "stderr": texts[1],
            "seconds": time.monotonic() - self.began,
        }


def main() -> None:
    orders = list(enumerate(map(json.loads, sys.stdin)))[::-1]
    running: dict[int, Running] = {}
    while orders or running:
        while orders and len(running) < MOST:
            child = Running(*orders.pop())
            running[child.descriptor] = child
        timeout = max(0.0, min(child.due for child in running.values()) - time.monotonic())
        ended = select.select(list(running), [], [], timeout)[0]
        late = [] if ended else [key for key, child in running.items() if child.due <= time.monotonic()]
        for key in ended or late:
            print(json.dumps(running.pop(key).answer(killed=not ended)), flush=True)


if __name__ == "__main__":
    main()
