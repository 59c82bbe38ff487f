import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from services.host import file_events
from services.host.file_events import FileEvents, is_local

pytestmark = pytest.mark.skipif(not Path("/proc/self/mounts").exists(), reason="no inotify here")


@pytest.fixture
def events(tmp_path, monkeypatch):
    monkeypatch.setattr(file_events, "is_local", lambda _folder: True)
    opened = FileEvents.of(tmp_path, ["a", "漢字"])
    yield opened
    opened.close()


def test_each_kind_of_change_ends_the_wait(events, tmp_path):
    name = tmp_path / "漢字"
    changes: tuple[Callable[[], object], ...] = (
        lambda: name.write_bytes(b"1"),
        lambda: name.chmod(0o600),
        lambda: name.rename(tmp_path / "b"),
        lambda: (tmp_path / "b").rename(tmp_path / "a"),
        (tmp_path / "a").unlink,
    )
    for change in changes:
        change()
        assert events.wait()


def test_other_files_do_not_end_it(events, tmp_path):
    (tmp_path / "b").write_bytes(b"1")
    assert events.read() == (False, True)
    assert events.read() == (False, True), "nothing more to read"


def test_it_is_woken_from_another_thread_and_then_waits_no_more(events):
    threading.Thread(target=events.wake).start()
    assert events.wait()
    assert events.wait()


@pytest.mark.parametrize("end", ["rename", "rmdir"])
def test_the_end_of_the_folder_ends_the_reports(end, tmp_path, monkeypatch):
    monkeypatch.setattr(file_events, "is_local", lambda _folder: True)
    folder = tmp_path / "state"
    folder.mkdir()
    events = FileEvents.of(folder, ["a"])
    assert events is not None
    if end == "rename":
        folder.rename(tmp_path / "moved")
    else:
        folder.rmdir()
    assert not events.wait()
    events.close()
    events.wake()


def test_too_many_changes_end_the_reports(events, monkeypatch):
    monkeypatch.setattr(os, "read", lambda _descriptor, _room: file_events._HEAD.pack(-1, 0x4000, 0, 0))
    assert events.read() == (True, False)


def test_a_folder_that_is_not_there_is_not_watched(tmp_path, monkeypatch):
    monkeypatch.setattr(file_events, "is_local", lambda _folder: True)
    assert FileEvents.of(tmp_path / "none", ["a"]) is None


def test_a_system_without_inotify_is_not_watched(tmp_path, monkeypatch):
    monkeypatch.setattr(file_events, "is_local", lambda _folder: True)
    monkeypatch.setattr(file_events.ctypes, "CDLL", lambda _name, use_errno: object())
    assert FileEvents.of(tmp_path, ["a"]) is None


MOUNTS = """\
overlay / overlay rw 0 0
nas:/home /home nfs4 rw 0 0
/dev/sda1 /home/local ext4 rw 0 0
share /mnt/a\\040b 9p rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "local"),
    [
        ("/var", True),
        ("/home/x", False),
        ("/home/local/x", True),
        ("/home/localx", False),
        ("/mnt/a b/c", False),
    ],
)
def test_a_folder_that_others_write_to_is_not_local(folder, local, tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert is_local(Path(folder), mounts) is local


def test_an_unknown_file_system_is_not_local(tmp_path):
    assert not is_local(tmp_path, tmp_path / "none")
    (tmp_path / "mounts").write_text("")
    assert not is_local(tmp_path, tmp_path / "mounts")
    (tmp_path / "mounts").write_text("garbage\n")
    assert not is_local(tmp_path, tmp_path / "mounts")


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOMEM])
def test_a_process_with_too_many_files_watches_by_other_means_and_leaves_none_open(
    number, tmp_path, monkeypatch
):
    def refuse(*_arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(file_events, "is_local", lambda _folder: True)
    monkeypatch.setattr(os, "eventfd", refuse)
    before = os.listdir("/proc/self/fd")
    assert FileEvents.of(tmp_path, ["a"]) is None
    assert os.listdir("/proc/self/fd") == before
