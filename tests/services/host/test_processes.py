"""Which process wrote an entry: a host's name and a process id alone are no proof, since containers share both."""

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from services.host import processes
from services.host.processes import PID, SPACE, abandoned, is_own, pid_space, process_data, process_of
from services.journal.chain import linked
from services.models.journal import EntryKind, NewEntry, Person

NOW = datetime(2026, 1, 30, 1, 0, tzinfo=UTC)


def entry(data, host=None):
    draft = NewEntry(kind=EntryKind.LOOKING, text="x", data=data)
    person = Person(host=socket.gethostname() if host is None else host)
    return linked("j", draft, seq=1, at=NOW, person=person, previous="")


@pytest.fixture(scope="module")
def gone():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_this_process_is_its_own_and_runs():
    mine = entry(process_data())
    assert is_own(mine)
    assert not abandoned(mine)
    assert process_of(mine) == (socket.gethostname(), pid_space(), os.getpid())


def test_an_ended_process_of_this_machine_has_abandoned_its_claim(gone):
    assert abandoned(entry({PID: gone, SPACE: pid_space()}))
    assert abandoned(entry({PID: gone})), "written by an earlier version"


@pytest.mark.parametrize("space", ["another boot pid:[1]", pid_space() + "0", ""])
def test_two_machines_of_one_name_are_not_mistaken_for_one(space, gone):
    # A container with the same name: neither its ended process is ours, nor its process with our id.
    assert not abandoned(entry({PID: gone, SPACE: space}))
    assert not is_own(entry({PID: os.getpid(), SPACE: space}))


def test_another_host_is_not_asked(gone):
    theirs = entry({PID: gone, SPACE: pid_space()}, host="elsewhere")
    assert not abandoned(theirs)
    assert not is_own(theirs)


@pytest.mark.parametrize("pid", [None, "1", True, 1.5, 10**30])
def test_what_is_no_process_id_is_known_of_nobody(pid):
    odd = entry({PID: pid} if pid is not None else {})
    assert not abandoned(odd)
    assert not is_own(odd)


def test_a_machine_without_a_boot_id_records_its_process_id_alone(monkeypatch):
    monkeypatch.setattr(processes, "pid_space", lambda: "")
    assert process_data() == {PID: os.getpid()}
    assert is_own(entry(process_data()))
