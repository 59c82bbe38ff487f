import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.tools.mutants.changes import parse
from tests.tools.mutants.sample import chosen_lines

ROOT = Path(__file__).parents[2]
SOURCE = """
LIMIT = 3

def checked(number: int) -> bool:
    return number > LIMIT

def unchecked(number: int) -> list[int]:
    return [number]

def doubled(number: int) -> int:
    return number + number

def unused() -> int:
    return 1
"""
TESTS = """
import subprocess, sys
from parts import numbers

def test_checked():
    assert numbers.checked(4) and not numbers.checked(3)

def test_unchecked():
    numbers.unchecked(1)

def test_doubled():
    code = "from parts import numbers; print(numbers.doubled(2))"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": "."}, capture_output=True).stdout == b"4\\n"
"""


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "tests.tools.mutants", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_mutant_is_killed_by_the_tests_that_run_its_line_in_any_process(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "numbers.py").write_text(SOURCE)
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "test_numbers.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    result = run(tmp_path, "map", "--folders", "parts", "checks")
    assert result.returncode == 0, result.stdout + result.stderr

    ended = run(tmp_path, "--folders", "parts", "--size", "100")

    verdicts = {}
    for line in ended.stdout.splitlines():
        if " s  " in line:
            words = line.partition(" s  ")[2]
            verdicts[int(words.split("parts/numbers.py:")[1].split()[0])] = words.split(" parts")[0].strip()
    assert verdicts == {2: "killed", 5: "killed", 8: "alive", 11: "killed", 14: "alive"}, ended.stdout
    assert "no test runs it" in ended.stdout
    assert ended.returncode == 1


def test_lines_stay_chosen_when_they_move(tmp_path):
    before, after = tmp_path / "numbers.py", tmp_path / "other.py"
    before.write_text(SOURCE)
    after.write_text(f"import os\n\n{SOURCE}")

    lines = [[line.text for line, _index in chosen_lines([file], 3, seed=1)] for file in (before, after)]

    assert lines[0] == lines[1]
    assert len(lines[0]) == 3


GENERATOR = """
def counted(most):
    for number in range(most):
        yield number
"""


def test_a_statement_that_is_taken_out_leaves_the_function_what_it_was(tmp_path):
    file = tmp_path / "generator.py"
    file.write_text(GENERATOR)
    tree, lines = parse(file)
    next(line for line in lines if line.text == "yield number").changes[0].make()

    names: dict[str, Any] = {}
    exec(compile(tree, str(file), "exec"), names)

    assert list(names["counted"](3)) == []
