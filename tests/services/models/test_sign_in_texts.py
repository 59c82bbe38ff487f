import pytest

from services.models.text import without_sign_in


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "The config profile (http://user:secret@127.0.0.1:9/) could not be found",
            "The config profile (http://***@127.0.0.1:9/) could not be found",
        ),
        ("postgresql://token@db/x and s3://a:b@c", "postgresql://***@db/x and s3://***@c"),
        (
            "mail alice@example.com, https://example.com/@alice",
            "mail alice@example.com, https://example.com/@alice",
        ),
        ("http://user:p@ss@h:1/x", "http://***@h:1/x"),
        ("postgresql://user:a b?c@db/x", "postgresql://***@db/x"),
        (f"http://{'u' * 600}:p@h", "http://***@h"),
        ("", ""),
    ],
)
def test_they_are_not_shown(text, shown):
    assert without_sign_in(text) == shown
