import json
import os
from pathlib import Path
from typing import Any

import pytest

from services.demo.incidents.drawing import draw
from services.models.drill_score import DrillScores, DrillTruth
from services.report.drill import truth_path
from tests.conftest import MonkeyPatch, assert_in
from tests.services.report.incident_ledger import DAY, responded
from tests.services.report.ledger import Ledger
from tests.services.report.test_drill import drill
from tests.tui.printing import stderr_of, stdout_of
from tui.cli.main import PrintedOutput, run
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions
from tui.startup import start


@pytest.fixture(autouse=True)
def _english(monkeypatch: MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOBAN_LANG", "en")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def toban(*argv: str) -> int:
    return run(("drill", *argv), PrintedOutput(outline_drawn=False))


def test_a_drill_runs_the_demo_with_a_journal_of_its_own_and_is_scored_at_its_end(monkeypatch, capsys):
    options: list[StartOptions] = []

    def play(start_options: StartOptions, _refuse: Any) -> int:
        options.append(start_options)
        journal = Ledger(Path(start_options.journal or ""))
        journal.began(f"{DAY} 10:00")
        responded(journal)
        return ExitStatus.NORMAL

    monkeypatch.setattr(start, "run", play)
    assert toban("--seed", "3", "--speed", "20", "--mode", "respond") == 0
    (start_options,) = options
    assert (start_options.demo, start_options.scenario, start_options.seed, start_options.speed, start_options.mode) == (
        True, "alb-5xx", 3, 20.0, "respond"
    )  # fmt: skip
    hidden = DrillTruth.model_validate_json(truth_path(Path(start_options.journal or "")).read_text("utf-8"))
    assert hidden.causes == draw("alb-5xx", 3).causes
    text = capsys.readouterr().out
    assert_in(text, "True cause", "4m after the alarm")
    assert toban("score", "--json") in (0, 1, 2)
    scores = DrillScores.model_validate_json(capsys.readouterr().out)
    assert [each.seed for each in scores.drills] == [3]


def test_the_score_has_a_status_and_says_what_it_cannot_score(tmp_path, capsys):
    assert "There are no drills yet" in stdout_of(capsys, toban("score"), 3)
    paths = [tmp_path / name for name in ("right.db", "wrong.db")]
    for path, true in zip(paths, ("application-error", "firewall"), strict=True):
        responded(drill(path, true))
    assert toban("score", str(paths[0])) == 0
    capsys.readouterr()
    text = stdout_of(capsys, toban("score", *map(str, paths), str(tmp_path / "none.db")), 2)
    assert_in(text, "✓    1  Application error", "none.db: No such file")


@pytest.mark.parametrize("truth", ["", "{", "[]", '{"scenario": "x"}', "\x1b[2J", "fifo"])
def test_a_drill_whose_truth_cannot_be_read_is_not_scored(tmp_path, capsys, truth):
    path = tmp_path / "one.db"
    responded(drill(path, "firewall"))
    file = truth_path(path)
    if truth == "fifo":
        file.unlink()
        os.mkfifo(file)
    else:
        file.write_text(truth)
    printed = stdout_of(capsys, toban("score", str(path)), 3)
    assert "one.drill.json" in printed
    assert "\x1b" not in printed


def test_only_what_can_be_drawn_is_a_drill(capsys):
    assert "alb-5xx" in stderr_of(capsys, toban("--scenario", "ordinary-day"), 64)


def test_the_schema_is_printed(capsys):
    assert "drills" in json.loads(stdout_of(capsys, toban("score", "--schema")))["properties"]
