import pytest

from tests.conftest import assert_in
from tui.runtime.crash_report import (
    crash_site,
    crash_summary,
    crash_text,
    environment_secrets,
    without_secrets,
)


class Holder:
    def __init__(self, token: str) -> None:
        self.token = token

    def __repr__(self) -> str:
        return f"Holder({self.token})"


def fail(message: str) -> None:
    token = "local-token-of-the-frame"
    holder = Holder(token)
    answer = {"SecretAccessKey": token}
    raise ValueError(f"{message} {len([answer, holder]) - 1}")


def fault(message: str = "broken") -> BaseException:
    with pytest.raises(ValueError, match=r".*") as caught:
        fail(message)
    return caught.value


def test_the_place_and_the_reason_are_there():
    text = crash_text(fault())
    assert_in(text, "ValueError: broken 1", "test_crash.py", "in fail", "\n")


def test_no_local_variable_is():
    text = crash_text(fault())
    assert "Holder(local" not in text
    # The line of source stands there; values do not.
    assert text.count("local-token-of-the-frame") == 0


def test_known_secrets_are_replaced():
    secret = "wJalrXUtnFEMI/K7MDENG"
    error = fault(f"signature of {secret}-more")
    assert secret not in crash_text(error, [secret, f"{secret}-more"])
    assert secret not in crash_summary(error, [secret])
    assert "***" in crash_text(error, [secret])


def test_short_words_are_no_secrets():
    assert without_secrets("the test failed", ["test", ""]) == "the test failed"


def test_credentials_of_the_environment_are_known(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "FwoGZXIvYXdz")
    assert set(environment_secrets()) == {"wJalrXUtnFEMI", "FwoGZXIvYXdz"}


def test_control_characters_are_shown():
    error = fault("\x1b]52;c;x\x07 \u202e\ud800")
    for text in (crash_text(error), crash_summary(error)):
        assert_in(text, "␛]52;c;x␇", "<RLO>")
        text.encode("utf-8")
        assert "\x1b" not in text


def test_a_summary_is_one_short_line():
    line = crash_summary(fault("one\ntwo " + "x" * 10_000))
    assert "\n" not in line
    assert line.startswith("ValueError: one two")
    assert len(line) < 300
    assert "test_crash.py:" in line


def test_the_same_fault_has_the_same_site():
    assert crash_site(fault("a")) == crash_site(fault("b"))
    assert crash_site(ValueError("nowhere")) == ("ValueError", "", 0)
