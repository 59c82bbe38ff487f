import fcntl
import json
import re
import shutil
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from services.runbook.loader import load_named
from tests.installed.installation import FOREIGN, install
from tests.tools.process import is_running, wait_for
from tests.tui.pty_console import PtyConsole
from tui.exit_status import ExitStatus

if TYPE_CHECKING:
    pass

RUN_AS_MODULE = "import runpy; runpy.run_module('toban', run_name='__main__', alter_sys=True)"
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("installed")]


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    return install(tmp_path_factory.mktemp("installed"))


def demo(installation, *options, language="en"):
    return PtyConsole(
        [installation.command, "demo", "--lang", language, "--at", "2026-01-14 10:00", *options],
        size=(40, 120),
        env={"PYTHONPATH": str(installation.work)},
        cwd=installation.work,
    )


def test_foreign_packages_would_be_imported(installation):
    for name in FOREIGN:
        assert f"the foreign {name}" in installation.run(code=f"import {name}").stderr


def test_only_the_package_toban_is_installed(installation):
    (wheel,) = (installation.folder.parent / "dist").iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    assert {
        name.partition("/")[0] for name in names if ".dist-info" not in name and ".data/" not in name
    } == {"toban"}
    for source in ("tui/command.py", "widgets/drawing/format.py", "services/locale/ja/LC_MESSAGES/toban.mo"):
        assert f"toban/app/{source}" in names
    assert "toban/app/tui/commit.txt" in names
    assert not [name for name in names if "test" in Path(name).parts or name.endswith((".pyc", ".lock"))]


def test_its_metadata_says_where_it_runs(installation):
    (folder,) = installation.site.glob("toban-*.dist-info")
    metadata = PathDistribution(folder).metadata
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert {"Operating System :: POSIX :: Linux", "Operating System :: MacOS"} <= set(
        metadata.get_all("Classifier", [])
    )
    assert (folder / "licenses/LICENSE").is_file()


def test_its_version_names_commit_and_schema(installation):
    shape = re.compile(r"toban \d+\.\d+\.\d+ \(commit [0-9a-f]{12}\+?, journal schema \d+\)\n")
    for answer in (installation.run("--version"), installation.run("--version", code=RUN_AS_MODULE)):
        assert answer.returncode == 0, answer.stderr
        assert shape.fullmatch(answer.stdout), answer.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--help",), "completion"),
        (("runbook", "show", "facility-prod"), "alb-5xx-error-rate"),
        (("runbook", "schema"), '"$schema"'),
        (("duties", "--month", "2026-01"), "01-05"),
        (("config",), "facility-prod"),
        (("policy", "read"), "cloudwatch:DescribeAlarms"),
        (("completion", "zsh"), "#compdef toban"),
    ],
    ids=str,
)
def test_commands_that_need_no_aws(installation, arguments, words):
    answer = installation.run("--lang", "en", *arguments)
    assert answer.returncode == 0, answer.stderr
    assert words in answer.stdout
    assert "Traceback" not in answer.stderr


def test_what_is_missing_has_its_own_status(installation):
    answer = installation.run("--lang", "en", "report", "2026-01-14")
    assert answer.returncode == 3
    assert "journal" in answer.stderr


def test_windows_is_refused_in_words(installation):
    answer = installation.run(code="import os, toban; os.name = 'nt'; toban.main()")
    assert answer.returncode == ExitStatus.UNAVAILABLE
    assert answer.stderr.count("\n") == 1
    assert "WSL" in answer.stderr


@pytest.mark.parametrize("code", ["", RUN_AS_MODULE], ids=["command", "module"])
def test_bytecode_is_compiled_once_where_the_installer_did_not(installation, code):
    # As after `uv tool install`, which leaves sources alone.
    package = installation.site / "toban"
    for folder in package.rglob("__pycache__"):
        shutil.rmtree(folder)
    assert installation.run("--version", env={"PYTHONDONTWRITEBYTECODE": ""}, code=code).returncode == 0
    wait_for(lambda: list(package.glob("__pycache__/compiled.*")))
    # A screen that `--version` does not import.
    assert list(package.glob("app/tui/screens/duties/__pycache__/inspect.*"))


def forget_bytecode(installation):
    with (installation.site / "toban/__main__.py").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
    for path in installation.site.glob("toban/__pycache__/compiled.*"):
        path.unlink()


@pytest.mark.parametrize("optimize", ["", "2"])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_what_it_compiles_is_what_the_next_start_reads(installation, tmp_path, optimize, elsewhere):
    forget_bytecode(installation)
    env = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONOPTIMIZE": optimize}
    env |= {"PYTHONPYCACHEPREFIX": str(tmp_path)} if elsewhere else {}
    code = """if True:
        import subprocess, sys
        from toban import bytecode
        started = []
        class Seen(subprocess.Popen):
            def __init__(self, *given, **more):
                super().__init__(*given, **more)
                started.append(self)
        bytecode.subprocess.Popen = Seen
        for turn in range(2):
            bytecode.compile_once()
            for process in started:
                process.wait()
        print(len(started))
    """
    answer = installation.run(code=code, env=env)
    assert (answer.stdout, answer.stderr) == ("1\n", "")


def test_one_process_compiles_at_a_time(installation):
    forget_bytecode(installation)
    code = """if True:
        import subprocess, sys
        from toban import bytecode
        real = subprocess.Popen
        bytecode.subprocess.Popen = lambda *given, **more: print(real(*given, **more).wait())
        bytecode.compile_once()
    """
    with (installation.site / "toban/__main__.py").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert installation.run(code=code, env={"PYTHONDONTWRITEBYTECODE": ""}).stdout == "0\n"
        assert not list(installation.site.glob("toban/__pycache__/compiled.*"))


def test_headless_commands_read_aws(installation, embedded):
    answer = installation.run("alarms", "--json", "--endpoint-url", embedded.url)
    expected = {alarm.name for alarm in load_named("facility-prod").alarms}
    assert {alarm["name"] for alarm in json.loads(answer.stdout)["alarms"]} >= expected
    inspection = installation.run("inspect", "backups", "--json", "--endpoint-url", embedded.url)
    assert inspection.returncode in (0, 1, 2, 3), inspection.stderr
    assert json.loads(inspection.stdout)


@pytest.mark.pty
@pytest.mark.parametrize(("language", "words"), [("en", "alb-5xx-error-rate"), ("ja", "アラーム")])
def test_the_demo_runs_and_ends(installation, language, words):
    with demo(installation, language=language) as console:
        console.wait_text(words)
        console.wait_text("PRODUCTION" if language == "en" else "本番")
        pid = console.process.pid
        (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        # The embedded AWS is the installed one.
        assert str(installation.site) in Path(f"/proc/{child}/environ").read_text()
        console.send("\x11")
        assert console.wait_exit() == 0
        console.assert_restored()
        console.wait(lambda: not is_running(int(child)), "the end of the embedded AWS", reading=False)
