import os
import pwd

import pytest

from services.journal import origin
from services.journal.origin import observed, person
from services.models.identity import Identity

ME = pwd.getpwuid(os.getuid()).pw_name
UNKNOWN = 3_999_999


@pytest.fixture(autouse=True)
def forgotten():
    origin._machine.cache_clear()
    yield
    origin._machine.cache_clear()


def seen(environment, uid=0, *, login=None, terminal=""):
    return observed(environment, uid, login=login, terminal=terminal, host="bastion-1")


@pytest.mark.parametrize(
    ("who", "user", "place"),
    [
        (seen({}), "root", ""),
        (seen({}, terminal="pts/3"), "root", "pts/3"),
        (seen({"SSH_CONNECTION": "10.0.0.5 53211 10.0.0.1 22"}, terminal="pts/3"), "root", "ssh 10.0.0.5"),
        (seen({"SSH_CLIENT": "fe80::1%eth0 53211 22"}), "root", "ssh fe80::1%eth0"),
        (seen({"SSH_CONNECTION": "  "}, terminal="pts/3"), "root", "pts/3"),
        (seen({"SUDO_USER": "alice"}, login=0), "root (sudo: alice)", ""),
        (seen({"SUDO_USER": "root"}), "root", ""),
        (seen({}, login=UNKNOWN), f"root (login: uid {UNKNOWN})", ""),
        (seen({}, UNKNOWN, login=UNKNOWN), f"uid {UNKNOWN}", ""),
        (
            seen({"SUDO_USER": "a\x1b[2J", "SSH_CLIENT": "\u202eevil\x00 1"}),
            "root (sudo: a␛[2J)",
            "ssh <RLO>evil␀",
        ),
    ],
)
def test_the_person_and_the_host_are_identified(who, user, place):
    assert (who.user, who.origin, who.host) == (user, place, "bastion-1")


def test_the_identity_is_added_each_time(monkeypatch):
    for name in ("SUDO_USER", "SSH_CLIENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.5 1 10.0.0.1 22")
    monkeypatch.setattr(origin, "_login", lambda: None)
    first = person(None)
    assert (first.user, first.origin, first.identity) == (ME, "ssh 10.0.0.5", "")
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.9 1 10.0.0.1 22")
    arn = "arn:aws:sts::123456789012:assumed-role/Operator/alice"
    second = person(Identity(account="123456789012", arn=arn, name="alice"))
    assert second == first.model_copy(update={"identity": arn})


@pytest.mark.parametrize(
    ("content", "login"), [("1000", 1000), ("0\n", 0), (str(2**32 - 1), None), ("", None), ("x", None)]
)
def test_the_kernel_says_who_logged_in(monkeypatch, tmp_path, content, login):
    (tmp_path / "loginuid").write_text(content)
    monkeypatch.setattr(origin, "_LOGIN", tmp_path / "loginuid")
    assert origin._login() == login
