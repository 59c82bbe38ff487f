import json

import pytest

from services.models.text import UNSAFE
from tests.services.incidents.test_hostile_texts import TEXTS
from tests.tui.printing import stdout_of
from tests.tui.screens.respond.test_respond_hostile import responded
from tui.cli.main import PrintedOutput, run


def toban(*argv: str) -> int:
    return run(["--lang", "en", *argv], PrintedOutput(outline_drawn=False))


def is_safe(text: str) -> bool:
    return UNSAFE.search(text.replace("\n", "")) is None


@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=pytest.mark.slow) if each != "all" else each for each in TEXTS]
)
async def test_what_is_printed_and_written_is_safe(tmp_path, capsys, name):
    journal = tmp_path / "journal.db"
    await responded(journal, TEXTS[name])
    assert is_safe(stdout_of(capsys, toban("incident", "list", "--file", str(journal)), 1))
    (line,) = json.loads(stdout_of(capsys, toban("incident", "list", "--json", "--file", str(journal)), 1))
    assert is_safe(json.dumps(line, ensure_ascii=False))
    id = str(line["seq"])
    assert is_safe(stdout_of(capsys, toban("incident", "show", id, "--private", "--file", str(journal))))
    assert toban("incident", "show", id, "--json", "--private", "--file", str(journal)) == 0
    assert is_safe(json.dumps(json.loads(capsys.readouterr().out), ensure_ascii=False))
    for suffix in ("html", "md", "json"):
        written = tmp_path / f"report.{suffix}"
        assert (
            toban("incident", "report", id, "--private", "--file", str(journal), "--output", str(written))
            == 0
        )
        text = written.read_text("utf-8")
        assert is_safe(text)
        assert "<script>alert" not in text or suffix != "html"
        capsys.readouterr()
