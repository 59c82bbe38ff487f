"""The token comes from the environment or from a private file, and never appears in a message."""

from pathlib import Path

import pytest

from services.github.settings import HOME, read

TOKEN = "github_pat_11ABCDE"


def private(path, text=f"{TOKEN}\n", mode=384):
    file = path / "token"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_a_token_in_the_environment():
    settings = read({"TOBAN_GITHUB_TOKEN": f" {TOKEN}\n"})
    assert (settings.token.reveal(), settings.base, settings.why) == (TOKEN, HOME, "")
    assert TOKEN not in repr(settings)


def test_a_token_in_a_private_file(tmp_path):
    settings = read({"TOBAN_GITHUB_TOKEN_FILE": str(private(tmp_path))})
    assert settings.token.reveal() == TOKEN


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused(tmp_path, mode):
    settings = read({"TOBAN_GITHUB_TOKEN_FILE": str(private(tmp_path, mode=mode))})
    assert settings.token is None
    assert "chmod 600" in settings.why
    assert TOKEN not in settings.why


def test_a_file_that_is_none(tmp_path):
    for path in (tmp_path, tmp_path / "missing", Path("/dev/zero")):
        settings = read({"TOBAN_GITHUB_TOKEN_FILE": str(path)})
        assert settings.token is None
        assert str(path) in settings.why


@pytest.mark.parametrize("text", ["a b", "a\nb", "à", "\x00", ""])
def test_a_token_that_cannot_be_one(tmp_path, text):
    settings = read({"TOBAN_GITHUB_TOKEN_FILE": str(private(tmp_path, text))})
    assert settings.token is None
    assert settings.why


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("https://github.example/api/v3/", "https://github.example/api/v3"),
        ("http://127.0.0.1:9/_github", "http://127.0.0.1:9/_github"),
        ("http://localhost:9", "http://localhost:9"),
        ("http://github.example", ""),
        ("github.example", ""),
        ("http://[::1", ""),
    ],
)
def test_another_address(address, base):
    settings = read({"TOBAN_GITHUB_TOKEN": TOKEN, "TOBAN_GITHUB_URL": address})
    assert (settings.base if settings.token else "") == base
    assert bool(settings.why) is not bool(base)


def test_nothing_is_set():
    assert "TOBAN_GITHUB_TOKEN" in read({}).why
