import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.demo import demo_command
from tests.tui.pty_console import PtyConsole

PR_GET_DUMPABLE = 3
TELL = """
import ctypes, resource, sys
from {module} import main
import {after}
def told(*_arguments, **_options):
    print(*resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl({get}, 0, 0, 0, 0))
    sys.exit(0)
{after}.{name} = told
main()
"""


@pytest.mark.parametrize(
    ("module", "after", "name", "arguments"),
    [
        ("tui.__main__", "tui.cli.main", "main", ("alarms",)),
        ("tui.__main__", "tui.cli.main", "main", ("demo",)),
        ("services.demo.__main__", "services.demo.scenario", "load", ()),
    ],
)
def test_nothing_can_be_dumped(module, after, name, arguments):
    code = TELL.format(get=PR_GET_DUMPABLE, module=module, after=after, name=name)
    # The embedded AWS ends with its stdin, which stays open here.
    stdin, kept_open = os.pipe()
    try:
        shown = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            stdin=stdin, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
    finally:
        os.close(stdin)
        os.close(kept_open)
    assert shown.stdout.split() == ["0", "0", "0"]


def core_limits(pid: int) -> list[str]:
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line.split()[4:6] for line in lines if line.startswith("Max core file size"))


@pytest.mark.pty
@pytest.mark.slow
def test_the_console_and_its_world_leave_no_core(tmp_path):
    with PtyConsole(demo_command(), size=(40, 120)) as console:
        console.wait_text("alb-5xx-error-rate")
        pid = console.process.pid
        (world,) = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        assert core_limits(pid) == core_limits(world) == ["0", "0"]
