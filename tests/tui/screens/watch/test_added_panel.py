import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# One worker runs them all, so that the console is started once.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("added-panel")]

ROOT = Path(__file__).parents[4]
FILE = Path("tui/screens/watch/panels/tasks.py")
PANELS_FILE = Path("tui/panel_registry.py")
LINE = (
    '    PanelSpec("tasks", "e", N_("Tasks"), N_("Go to the tasks"),'
    ' "tui.screens.watch.panels.tasks:WatchedTasks", "たすくすう tasukusuu",'
    ' interval=Interval("tasks", "Running tasks.", default=90),'
    ' keys=(Command("tasks-tell", "k", "screen.panel_command(\'tasks\', \'tell\')", N_("Tell"),'
    ' N_("Say how many services there are"), show=True, scope="watch"),)),\n'
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    copy = tmp_path_factory.mktemp("console")
    shutil.copytree(ROOT / "tui", copy / "tui", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("services", "widgets", "tests"):
        (copy / folder).symlink_to(ROOT / folder)
    shutil.copy(Path(__file__).with_name("tasks_panel.py"), copy / FILE)
    panels, end = (copy / PANELS_FILE).read_text("utf-8").rsplit("\n)", 1)
    (copy / PANELS_FILE).write_text(f"{panels}\n{LINE.rstrip()}\n){end}", "utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOBAN_")}
    ended = subprocess.run(
        [sys.executable, "-m", "tests.tui.screens.watch.added_panel_script"],
        cwd=copy,
        env={**environment, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-6000:]
    answer: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return answer


def test_it_is_on_screen_with_what_it_reads(report):
    assert "staff-api 2/2 tasks" in report["screen"]
    assert "Tasks" in report["screen"]


def test_its_key_palette_entry_and_help_line_come_from_the_line(report):
    footer = report["screen"].splitlines()[-1]
    assert "e Tasks" in footer
    assert re.search(r"\be +Go to the tasks", report["help"])
    assert "Tasks" in report["palette"]
    assert report["key"] == [
        [["focus-tasks", '"a" already belongs to focus-alarms']],
        [["zoom", '"e" already belongs to focus-tasks']],
    ]


def test_its_own_command_works_where_the_keys_go_to_it(report):
    assert not report["footer before"]
    assert re.search(r"\bk +Say how many services there are", report["help"])


def test_its_interval_is_a_setting(report):
    assert report["interval"] == report["default"] == 90
    assert report["setting"] == 120
    assert report["settings"]["intervals.tasks"] == "Seconds between reads. Running tasks."


def test_it_is_below_the_others_on_the_left_and_alone_on_a_narrow_screen(report):
    regions = report["regions"]
    x, y, width, height = regions["tasks"]
    assert (x, width) == (regions["tail"][0], regions["tail"][2])
    assert y == regions["tail"][1] + regions["tail"][3]
    assert height == 2
    assert regions["dashboard"][1] == regions["alarms"][1]
    assert regions["dashboard"][3] == y + height - regions["alarms"][1], "the dashboard has the right column"
    assert report["narrow"] == ["tasks"]
