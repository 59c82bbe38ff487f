import asyncio
import os
import stat
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from services.host import programs
from services.host.private_files import make_folder
from services.host.programs import program
from services.host.state_files import write_private
from services.journal.export import write
from services.journal.store import Store
from services.models.journal import EntryKind, NewEntry
from tests.services.journal.book import ALICE, NOON, append
from tui.terminal import terminal_app
from tui.terminal import visibility as attention

UMASKS = [0o000, 0o022, 0o077, 0o777]


@contextmanager
def umask(mask):
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mask", UMASKS)
def test_what_the_console_makes_is_its_owners_alone(tmp_path, mask):
    journal, picture, export = (tmp_path / f"state/toban/{name}" for name in ("a/j.db", "b/s.svg", "e.jsonl"))
    with umask(mask):
        with closing(Store(journal)) as store:
            append(store, NewEntry(kind=EntryKind.NOTE, text="x"), at=NOON, person=ALICE)
            files = [path for path in journal.parent.iterdir() if path.is_file()]
            assert {mode(path) for path in files} == {0o600}, files
            assert len(files) == 3, "with its -wal and -shm"
        write_private(picture, "x")
        write(["{}"], export)
    for folder in ("state", "state/toban", "state/toban/a", "state/toban/b"):
        assert mode(tmp_path / folder) == 0o700
    assert {mode(path) for path in (journal, picture, export)} == {0o600}


def test_a_folder_that_is_there_stays_as_it_is(tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o2770)
    make_folder(tmp_path / "shared")
    assert mode(tmp_path / "shared") == 0o2770
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        make_folder(tmp_path / "file" / "x")


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """A tmux first on the PATH that records its runs; every call of the console goes to it, if to any."""
    trace = tmp_path / "told"
    tool = tmp_path / "bin" / "tmux"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\ntouch {trace}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("TMUX", "/nowhere,1,0")
    program.cache_clear()
    return trace


def test_no_program_is_taken_from_the_path(hostile):
    assert asyncio.run(attention.is_visible("%0"))
    terminal_app._give_to_tmux("secret", os.environ)
    assert not hostile.exists()


def test_a_program_that_others_could_have_written_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(programs, "FOLDERS", (tmp_path,))
    tool = tmp_path / "tmux"
    tool.write_text("#!/bin/sh\n")
    for rights, folder, trusted in (
        (0o755, 0o755, True), (0o777, 0o755, False), (0o775, 0o755, False), (0o644, 0o755, False),
        (0o755, 0o777, False),
    ):  # fmt: skip
        tool.chmod(rights)
        tmp_path.chmod(folder)
        program.cache_clear()
        assert (program("tmux") == str(tool)) == trusted, (oct(rights), oct(folder))
    tmp_path.chmod(0o755)
    program.cache_clear()
    assert program("nothing") is None
    program.cache_clear()


def test_no_command_is_run_by_its_bare_name():
    # Nor found by a PATH: what is run is `program(…)`'s answer, or this very interpreter. Builds and installers run as their user's shell does.
    root = Path(__file__).parents[3]
    sources = [path for part in ("services", "tui", "widgets") for path in (root / part).rglob("*.py")]
    builds = {root / "tui/installed/build_hook.py", *(root / "tui/installed/toban_bundle").iterdir()}
    sources = [path for path in sources if path not in builds]
    for path in sources:
        text = path.read_text("utf-8")
        assert "shutil.which" not in text, path
        assert 'run(["' not in text.replace("\n", "").replace(" ", ""), path
        assert "os.system(" not in text, path
        assert "shell=True" not in text, path
