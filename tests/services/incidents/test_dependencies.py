"""What error lines blame, on lines that another hand wrote and labelled: Node, Python, Java, Go, Ruby, PHP, .NET, Rust."""

import tomllib
from pathlib import Path

import pytest

from services.incidents.facts import detail_of, message_of
from services.incidents.signals.dependencies import dependency_of

LINES = tomllib.loads((Path(__file__).parent / "data" / "error_lines.toml").read_text("utf-8"))["line"]
UNKNOWN = {"nats: no servers available for connection"}  # Nothing but the library's own prefix tells


@pytest.mark.parametrize("kind", ["database", "outside", "other", "none"])
def test_a_line_blames_what_it_names(kind):
    wrong, unnamed = [], []
    for line in LINES:
        text = line["text"]
        if line["kind"] != kind or text in UNKNOWN:
            continue
        dependency = dependency_of(message_of(text), detail_of(text))
        if (dependency.kind.value if dependency else "none") != kind:
            wrong.append(text)
        elif dependency and kind == "outside" and not any(name in dependency.name for name in line["names"]):
            unnamed.append(text)
    assert wrong == []
    assert unnamed == []


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("An error occurred (ExpiredToken) when calling the GetObject operation", "AWS credentials (STS)"),
        ("An error occurred (RequestTimeTooSkewed) when calling the PutObject operation", "the clock"),
        ("An error occurred (SlowDown) when calling the PutObject operation", "S3 PutObject (SlowDown)"),
        ("not authorized to perform: s3:GetObject on resource", "s3:GetObject"),
    ],
)
def test_an_operation_is_told_with_its_service_and_words_of_ours_stand_alone(message, name):
    blamed = dependency_of(message)
    assert blamed.name == name


def test_what_went_wrong_is_read_under_the_keys_of_any_logger_and_not_from_who_asked():
    line = '{"msg": "a", "exc_info": "b", "errorMessage": "c", "rootCause": "d", "referrer": "e", "trace_id": "f"}'
    assert message_of(line) == "a b c d"
