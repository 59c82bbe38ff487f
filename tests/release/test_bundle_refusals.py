import os
import sys
import zipfile

import pytest

from tests.tools.small_bundle import HERE, PIP, Place, run, small_bundle, tree

SYSTEM = HERE.split(" ")[1]


def test_a_damaged_wheel(tmp_path):
    bundle = small_bundle(tmp_path / "b.pyz")
    content = bundle.read_bytes()
    at = content.index(b"No space left")
    bundle.write_bytes(content[:at] + b"X" + content[at + 1 :])
    for options in (["--check"], ["--to", "v", "--bin", "b"]):
        done = run(bundle, *options)
        assert done.returncode == 1
        assert f"The bundle is damaged: {PIP} is not the file that was packed" in done.stderr
    assert os.listdir(tmp_path) == ["b.pyz"]


def test_a_whole_bundle_is_said_to_be_whole(tmp_path):
    bundle = small_bundle(tmp_path / "b.pyz")
    done = run(bundle, "--check", HOME="")
    assert (done.returncode, done.stdout) == (
        0,
        f"whole: 3 files are as they were packed\n"
        f"This shows damage, not who packed it; compare: sha256sum {bundle}\n",
    )


@pytest.mark.parametrize(
    "name", ["any/../x.whl", "any/..", "../any/x.whl", "/etc/x.whl", "any/.whl", "any/a/b.whl"]
)
def test_a_name_that_leads_elsewhere(tmp_path, name):
    bundle = small_bundle(tmp_path / "in/b.pyz", more={name: b"x"})
    done = run(bundle, "--to", "v", "--bin", "b")
    assert done.returncode == 1
    assert f"names a file or version that no bundle holds: {name!r}" in done.stderr
    assert list(tree(tmp_path)) == ["in/b.pyz"]


def test_a_version_that_leads_elsewhere(tmp_path):
    done = run(small_bundle(tmp_path / "b.pyz", wrong={"version": "1/../../x"}), "--bin", "b")
    assert "names a file or version that no bundle holds: '1/../../x'" in done.stderr


@pytest.mark.parametrize("name", ["any/evil.whl", "other.py", "toban_bundle/json/__init__.py"])
def test_a_file_that_was_added(tmp_path, name):
    bundle = small_bundle(tmp_path / "b.pyz", unlisted={name: b""})
    done = run(bundle, "--check")
    assert done.returncode == 1
    assert f"no bundle holds: {name!r}" in done.stderr


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name(tmp_path):
    bundle = small_bundle(tmp_path / "b.pyz")
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr(PIP, archive.read(PIP))
    done = run(bundle, "--check")
    assert done.returncode == 1
    assert f"no bundle holds: {PIP!r}" in done.stderr


def test_damage_within_the_installer(tmp_path):
    # Python itself compares no checksum of what it imports from an archive.
    bundle = small_bundle(tmp_path / "b.pyz")
    bundle.write_bytes(bundle.read_bytes().replace(b"whole: {count}", b"WHOLE: {count}"))
    done = run(bundle, "--check")
    assert (done.returncode, done.stdout) == (1, "")
    assert "The bundle is damaged: toban_bundle/" in done.stderr


@pytest.mark.parametrize("path", ["{folder}", "/nonexistent:", ":/nonexistent"])
def test_modules_of_the_callers_path_do_not_run(tmp_path, path):
    bundle = small_bundle(tmp_path / "b.pyz")
    for module in ("argparse", "hashlib", "json", "zipfile", "toban_bundle"):
        (tmp_path / f"{module}.py").write_text("raise SystemExit('the foreign module')\n")
    done = run(bundle, "--check", PYTHONPATH=path.format(folder=tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


def test_commands_to_copy_are_quoted(tmp_path):
    # `rm -r` of half a path would remove something else.
    bundle = small_bundle(tmp_path / "my bundles/$(date) b.pyz")
    folder = tmp_path / "my; toban"
    place = Place(folder)
    assert f"sha256sum '{bundle}'\n" in run(bundle, "--check").stdout
    place.install(bundle)
    output = place.install(bundle, "--again").stdout
    assert f": rm -r '{folder}/versions/1.0'\n" in output
    assert f"Next:  '{folder}/bin/toban' demo" in output
    assert f"export PATH='{folder}/bin':$PATH\n" in output


def test_a_python_and_a_platform_it_has_nothing_for(tmp_path):
    elsewhere = small_bundle(tmp_path / "a.pyz", pythons=["3.12 plan9-mips"])
    done = run(elsewhere, "--to", "v")
    assert f"This bundle is for 3.12 plan9-mips; this is {HERE}." in done.stderr
    newer = small_bundle(tmp_path / "b.pyz", pythons=[f"3.99 {SYSTEM}"])
    assert f"This bundle is for 3.99 {SYSTEM}; this is {HERE}." in run(newer, "--to", "v").stderr


def test_another_python_of_path_takes_over(tmp_path):
    bundle = small_bundle(tmp_path / "b.pyz", pythons=[f"3.98 {SYSTEM}", f"3.99 {SYSTEM}"])
    folder = tmp_path / "path"
    folder.mkdir()
    # A shim that leads nowhere is passed over.
    (folder / "python3.99").write_text("#!/bin/sh\necho 'pyenv: not here' >&2\nexit 127\n")
    (folder / "python3.98").write_text('#!/bin/sh\n[ "$1" = -I ] && echo 3 98 || echo "taken over: $*"\n')
    for path in folder.iterdir():
        path.chmod(0o755)
    done = run(bundle, "--to", "v v", PATH=f"{folder}:/usr/bin:/bin")
    assert done.stdout == f"taken over: {bundle} --to v v\n"


def test_a_glibc_that_is_too_old(tmp_path):
    if not SYSTEM.startswith("linux"):
        pytest.skip("glibc is Linux's")
    machine = SYSTEM.split("-")[1]
    name = f"any/x-1-py3-none-manylinux_9_99_{machine}.whl"
    done = run(small_bundle(tmp_path / "b.pyz", more={name: b"x"}), "--to", "v", "--bin", "b")
    assert "This bundle needs glibc 9.99 or newer; this system has " in done.stderr
    # Of several platforms in a name the least one counts.
    name = f"any/x-1-py3-none-manylinux_9_99_{machine}.manylinux2014_{machine}.whl"
    assert run(small_bundle(tmp_path / "c.pyz", more={name: b"x"}), "--to", "v", "--bin", "b").returncode == 0


@pytest.mark.parametrize(("module", "name"), [("venv", "venv"), ("_sqlite3", "sqlite3")])
def test_a_python_without_a_module(tmp_path, module, name):
    bundle = small_bundle(tmp_path / "b.pyz")
    code = f"import runpy, sys; sys.modules[{module!r}] = None; sys.argv[:] = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    script = tmp_path / "without.py"
    script.write_text(code)
    done = run(script, bundle, "--to", "v", "--bin", "b")
    assert f"{sys.executable} lacks the module {name}. Install what is missing" in done.stderr
    assert not (tmp_path / "v").exists()


def test_a_folder_that_is_not_ours(tmp_path):
    bundle = small_bundle(tmp_path / "in/b.pyz")
    for name in ("theirs", "file", "link", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "theirs/1.0").mkdir()
    (tmp_path / "theirs/1.0/file").touch()
    (tmp_path / "file/1.0").touch()
    (tmp_path / "link/1.0").symlink_to(tmp_path / "empty")
    before = tree(tmp_path)
    for name in ("theirs", "file", "link"):
        done = run(bundle, "--to", tmp_path / name, "--bin", tmp_path / "bin")
        assert done.returncode == 1
        assert f"{tmp_path / name}/1.0 is there already and was not installed by a bundle" in done.stderr
    assert tree(tmp_path) == before


def test_a_command_that_is_not_ours(tmp_path):
    bundle = small_bundle(tmp_path / "b.pyz")
    (tmp_path / "other").write_text("theirs")
    for place, make in {
        "file": lambda path: path.write_text("theirs"),
        "link": lambda path: path.symlink_to(tmp_path / "other"),
    }.items():
        link = tmp_path / place / "toban"
        link.parent.mkdir()
        make(link)
        done = run(bundle, "--to", tmp_path / "v", "--bin", link.parent)
        assert f"{link} is there already and was not made by a bundle" in done.stderr
        assert link.read_text() == "theirs"
    assert not (tmp_path / "v").exists()


def test_a_folder_that_cannot_be_written(tmp_path):
    bundle = small_bundle(tmp_path / "b.pyz")
    (tmp_path / "file").touch()
    for options in (["--to", "file/v", "--bin", "b"], ["--to", "v", "--bin", "file/b"]):
        done = run(bundle, *options)
        assert done.returncode == 1
        assert f"The folder {tmp_path / 'file'}" in done.stderr
        assert "cannot be written (Not a directory); choose another with --to and --bin." in done.stderr


def test_a_user_without_a_home(tmp_path):
    bundle = small_bundle(tmp_path / "b.pyz")
    script = tmp_path / "nobody.py"
    script.write_text(
        "import os, pwd, runpy, sys\n"
        "os.getuid = lambda: 54321\n"
        "def no_one(_uid): raise KeyError\n"
        "pwd.getpwuid = no_one\n"
        "sys.argv[:] = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    done = run(script, bundle, HOME="")
    assert "No home folder is known; name the folders with --to and --bin." in done.stderr
    assert run(script, bundle, "--to", "v", "--bin", "b", HOME="").returncode == 0


def test_japanese(tmp_path):
    bundle = small_bundle(tmp_path / "b.pyz")
    assert run(bundle, "--check", TOBAN_LANG="ja").stdout.startswith("3 ファイルすべて作成時のとおりです\n")
    assert "導入先のフォルダー" in run(bundle, "--help", LC_ALL="ja_JP.UTF-8").stdout
    # A locale that names no language, as most bastions have: Japanese, as in the console.
    assert "導入先のフォルダー" in run(bundle, "--help", LC_ALL="C.UTF-8").stdout
    assert "folder to install into" in run(bundle, "--help", LC_ALL="ja_JP.UTF-8", TOBAN_LANG="en").stdout
    (tmp_path / "v/1.0/x").mkdir(parents=True)
    assert (
        "このファイルで導入したものではありません"
        in run(bundle, "--to", "v", LANG="ja_JP.UTF-8", LC_ALL="").stderr
    )
    # A terminal without these letters.
    assert run(bundle, "--check", TOBAN_LANG="ja", PYTHONIOENCODING="ascii").returncode == 0
