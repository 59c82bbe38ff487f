import fcntl
import os
import stat
import subprocess
import sys

import pytest

from tests.tools.small_bundle import Place, run, small_bundle, tree


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "当番 置き場")


def test_forth_and_back(tmp_path, place):
    old, new = small_bundle(tmp_path / "1.pyz", "1.0"), small_bundle(tmp_path / "2.pyz", "2.0")
    assert "Toban 1.0 is installed" in place.install(old).stdout
    assert place.says() == "toban 1.0"
    assert "Toban 2.0 is installed" in place.install(new).stdout
    assert place.says() == "toban 2.0"
    # The earlier version stayed, so nothing has to be installed to go back.
    back = place.install(old)
    assert f"Toban 1.0 was installed already; {place.link} leads to it now." in back.stdout
    assert place.says() == "toban 1.0"
    done = place.install(old)
    assert (done.returncode, "Toban 1.0 is installed already" in done.stdout) == (0, True)
    assert "is not in PATH; add it: export PATH=" in done.stdout
    assert sorted(os.listdir(place.versions)) == ["1.0", "2.0"]
    assert os.listdir(place.link.parent) == ["toban"]


@pytest.mark.slow
def test_again_goes_into_the_other_folder(tmp_path, place):
    bundle = small_bundle(tmp_path / "1.pyz")
    for expected in ("1.0", "1.0-again", "1.0", "1.0-again"):
        done = place.install(bundle, "--again")
        assert done.returncode == 0, done.stderr
        assert place.link.readlink() == place.versions / expected / "bin/toban"
        assert place.says() == "toban 1.0"
    assert f"The earlier copy stays in '{place.versions / '1.0'}'." in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("step", ["locked", "own"])
def test_killed_while_pip_runs(tmp_path, place, step):
    place.install(small_bundle(tmp_path / "1.pyz", "1.0"))
    done = place.install(small_bundle(tmp_path / "2.pyz", "2.0", killed_at=step))
    assert done.returncode == -9
    assert place.says() == "toban 1.0"
    place.wait("2.0")
    assert place.install(small_bundle(tmp_path / "2.pyz", "2.0")).returncode == 0
    assert place.says() == "toban 2.0"
    assert not (place.versions / "2.0/wheelhouse").exists()


_KILLED = """\
import os, runpy, sys

left = int(sys.argv[1])
EVENTS = {"os.rename", "os.symlink", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "shutil.rmtree", "subprocess.Popen"}

def hook(event, _arguments):
    global left
    if event in EVENTS:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), 9)

sys.argv[:] = sys.argv[2:]
sys.addaudithook(hook)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.slow
@pytest.mark.parametrize("again", [False, True])
def test_killed_at_every_step_of_its_own(tmp_path, place, again):
    # Before every change of a file and every start of a process.
    place.install(small_bundle(tmp_path / "1.pyz", "1.0"))
    bundle = tmp_path / "1.pyz" if again else small_bundle(tmp_path / "2.pyz", "2.0")
    version = "1.0" if again else "2.0"
    script = tmp_path / "killed.py"
    script.write_text(_KILLED)
    options = ("--to", place.versions, "--bin", place.link.parent, *(["--again"] * again))
    for count in range(1, 200):
        done = run(script, str(count), bundle, *options)
        assert place.says() in ("toban 1.0", f"toban {version}")
        if done.returncode == 0:
            break
        assert done.returncode == -9
    assert count > 10
    assert place.says() == f"toban {version}"


@pytest.mark.slow
def test_nothing_is_left_of_a_failure(tmp_path, place):
    place.install(small_bundle(tmp_path / "1.pyz", "1.0"))
    before = tree(place.versions)
    done = place.install(small_bundle(tmp_path / "2.pyz", "2.0", fails_at="own"))
    assert done.returncode == 1
    assert done.stderr == (
        "Installing failed; nothing was changed:\nfirst line\nERROR: No space left on device\n"
    )
    assert os.listdir(place.versions) == ["1.0"]
    assert tree(place.versions) == before


def test_two_at_once(tmp_path, place):
    bundle = small_bundle(tmp_path / "1.pyz")
    folder = place.versions / "1.0"
    folder.mkdir(parents=True)
    mark = folder / "toban-bundle.json"
    mark.touch()
    with mark.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        done = place.install(bundle)
    assert f"Another installation into {folder} is running; nothing was changed." in done.stderr


def test_no_one_else_can_write_and_all_can_run_what_root_installs(tmp_path, place):
    bundle = small_bundle(tmp_path / "in/1.pyz")
    bundle.chmod(0o444)
    bundle.parent.chmod(0o555)
    old = os.umask(0o077)
    try:
        done = run(bundle, "--to", "../relative", "--bin", place.link.parent)
    finally:
        os.umask(old)
        bundle.parent.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert place.link.readlink() == tmp_path / "relative/1.0/bin/toban"
    assert list(tree(bundle.parent)) == ["1.pyz"]
    expected = 0o755 if os.getuid() == 0 else 0o700
    for path in (tmp_path / "relative", tmp_path / "relative/1.0/bin/toban", place.link.parent):
        assert stat.S_IMODE(path.stat().st_mode) == (expected if path.is_dir() else 0o755)


@pytest.mark.slow
def test_a_version_whose_python_is_gone_is_installed_anew(tmp_path, place):
    bundle = small_bundle(tmp_path / "1.pyz")
    place.install(bundle)
    python = place.versions / "1.0/bin/python"
    python.unlink()
    python.symlink_to("/nonexistent/python")
    assert "Toban 1.0 is installed (" in place.install(bundle).stdout
    assert place.says() == "toban 1.0"


@pytest.mark.slow
def test_nothing_is_written_through_a_link(tmp_path, place):
    bundle = small_bundle(tmp_path / "1.pyz")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "file").write_text("theirs")
    before = tree(theirs)
    folder = place.versions / "1.0"
    folder.mkdir(parents=True)
    (folder / "toban-bundle.json").symlink_to(theirs / "mark")
    done = place.install(bundle)
    assert "cannot be written (Too many levels of symbolic links)" in done.stderr
    (folder / "toban-bundle.json").unlink()
    (folder / "toban-bundle.json").touch()
    (folder / "lib").symlink_to(theirs)
    place.link.parent.mkdir(exist_ok=True)
    # A link that leads nowhere is nobody's command.
    place.link.symlink_to(tmp_path / "gone/bin/toban")
    assert place.install(bundle).returncode == 0
    assert tree(theirs) == before
    assert place.says() == "toban 1.0"


@pytest.mark.slow
def test_a_full_disk(tmp_path):
    bundle = small_bundle(tmp_path / "b.pyz", more={"any/large-1-py3-none-any.whl": bytes(3_000_000)})
    (tmp_path / "disk").mkdir()
    script = f"mount -t tmpfs -o size=1m tmpfs {tmp_path}/disk && {sys.executable} {bundle} --to {tmp_path}/disk/v --bin {tmp_path}/b; echo $?; ls -A {tmp_path}/disk/v"
    command = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"]), "sh", "-c", script]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin", "LANG": "en"}
        )
    except FileNotFoundError:
        pytest.skip("unshare is missing")
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    assert "cannot be written (No space left on device); choose another with --to and --bin." in done.stderr
    assert done.stdout.splitlines()[-1] == "1"
