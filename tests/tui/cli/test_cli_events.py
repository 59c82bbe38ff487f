import json

import pytest

from tests.tui.printing import stderr_of
from tui.cli.main import Output, run


def events(*argv: str) -> int:
    return run(["--lang", "en", "events", *argv], Output(outline_drawn=False))


def test_the_template_is_printed_with_what_the_runbook_then_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert events("template", "--runbook", "facility-prod") == 0
    printed = capsys.readouterr()
    assert "EventQueue" in json.loads(printed.out)["Resources"]
    assert '[events] queue_url = "https://sqs.ap-northeast-1.amazonaws.com/' in printed.err


def test_a_runbook_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert "facility-prod" in stderr_of(capsys, events("template", "--runbook", "facility-prd"), 65)
