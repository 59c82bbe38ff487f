"""What error lines blame, on lines that another hand wrote and labelled: Node, Python, Java, Go, Ruby, PHP, .NET, Rust."""

import tomllib
from pathlib import Path

import pytest

from services.incidents.facts import detail_of, message_of
from services.incidents.signals.dependencies import dependency_of

LINES = tomllib.loads((Path(__file__).parent / "data" / "error_lines.toml").read_text("utf-8"))["line"]
UNKNOWN = {"nats: no servers available for connection"}
"""Nothing but the library's own prefix tells."""


@pytest.mark.parametrize("kind", ["database", "outside", "other", "none"])
def test_a_line_blames_what_it_names(kind: str) -> None:
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
