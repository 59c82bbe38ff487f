import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tui.modes import MODES
from tui.runtime import ahead

ROOT = Path(__file__).parents[2]
LIMIT = 600  # Seconds; the machine may be busy


@pytest.mark.slow
def test_no_screen_and_no_command_imports_anything_once_the_console_is_at_rest():
    command = [sys.executable, "-m", "tests.tui.imports_script"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=LIMIT, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-6000:]
    report: dict[str, Any] = json.loads(done.stdout)
    assert report == {"on the loop": [], "later": []}


def test_every_mode_has_its_needs():
    assert {f"mode {mode.id}" for mode in MODES} <= ahead.NEEDS.keys()


def test_what_keys_need_first_is_no_part_of_what_comes_later_only():
    assert ahead.first()[0] == "tui.navigation"
    later = [*ahead.later()]
    assert len(later) == len({*later})
    assert {"widgets.aws_cli.view", "services.aws_cli.logs", "tui.farewell", "markdown_it"} <= {*later}
