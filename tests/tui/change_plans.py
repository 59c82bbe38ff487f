"""`toban change … --plan` against an embedded AWS."""

import json
from typing import Any

import pytest

from services import i18n
from tests.conftest import Embedded
from tui.cli.main import PrintedOutput, run


def plan(embedded: Embedded, kind: str, *argv: str, lang: str = "en") -> int:
    """Print the plan of a change; returns the exit status."""
    try:
        return run(
            ["--lang", lang, "change", kind, *argv, "--plan", "--endpoint-url", embedded.url],
            PrintedOutput(outline_drawn=False),
        )
    finally:
        i18n.use("en")


def as_json(embedded: Embedded, capsys: pytest.CaptureFixture[str], kind: str, *argv: str) -> dict[str, Any]:
    plan(embedded, kind, *argv, "--json")
    data = json.loads(capsys.readouterr().out)
    assert isinstance(data, dict)
    return data
