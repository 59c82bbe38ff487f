import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.tools.release.__main__ import build_twice
from tests.tools.release.build import ROOT, wheel
from tests.tools.release.bundle import LOCK, environment, make, platform_of_this, wheelhouse
from tests.tools.release.lock import read_lock
from tests.tools.release.source import rehearsal
from tests.tui.pty_console import PtyConsole

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("release")]
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"


def test_two_builds_of_one_commit_are_the_same_bytes(tmp_path):
    source = rehearsal(ROOT)
    pairs = build_twice(source, tmp_path)
    with zipfile.ZipFile(pairs[0][0]) as built:
        assert built.read("toban/app/tui/commit.txt").decode() == f"{source.commit}\n"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    try:
        wheels = dict(wheelhouse(read_lock(ROOT / LOCK), (PYTHON,), platform_of_this(), folder))
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no package index can be reached: pip download ended with {error.returncode}")
    return make(folder, wheel(folder), wheels, name=platform_of_this(), pythons=(PYTHON,))


@pytest.fixture(scope="module")
def without_network():
    prefix = ["unshare", "--net", *([] if os.getuid() == 0 else ["--map-root-user"])]
    if (
        not shutil.which("unshare")
        or subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no network namespace can be made here (unshare --net)")
    # The embedded AWS listens on 127.0.0.1.
    return [*prefix, "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


@pytest.fixture(scope="module")
def command(bundle, without_network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed") / "当番 置き場"
    python = Path(sys.executable).resolve()
    done = subprocess.run(
        [*without_network, python, bundle, "--to", folder / "versions", "--bin", folder / "bin"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    return folder / "bin/toban"


def test_a_namespace_without_a_network_reaches_nothing(without_network):
    code = "import socket; socket.create_connection(('192.0.2.1', 443), 5)"
    done = subprocess.run(
        [*without_network, sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "Network is unreachable" in done.stderr


def test_exactly_what_is_locked_is_installed(command):
    # Its pip, too; and no setuptools, which no lock file names.
    code = "import importlib.metadata as m, json; print(json.dumps({d.name: d.version for d in m.distributions()}))"
    python = command.resolve().with_name("python")
    output = subprocess.run([python, "-I", "-c", code], check=True, capture_output=True, text=True).stdout
    installed = {canonicalize_name(name): version for name, version in json.loads(output).items()}
    here = environment(PYTHON, platform_of_this())
    assert installed.pop("toban")
    assert installed == {
        entry.requirement.name: entry.version for entry in read_lock(ROOT / LOCK) if entry.is_for(here)
    }
    assert subprocess.run([python, "-m", "pip", "check"], capture_output=True, check=False).returncode == 0


@pytest.mark.pty
def test_the_demo_is_live_without_a_network(command, without_network, tmp_path):
    answer = subprocess.run(
        [*without_network, command, "--version"], check=True, capture_output=True, text=True
    )
    assert answer.stdout.startswith("toban ")
    demo = [*without_network, str(command), "demo", "--lang", "en", "--at", "2026-01-14 10:00"]
    with PtyConsole(demo, size=(40, 120), cwd=tmp_path) as console:
        console.wait_text("alb-5xx-error-rate")
