import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.hostile_input import Fuzz, extremes, files, variables
from tui.exit_status import ExitStatus

ROOT = Path(__file__).parents[2]
SECONDS = 60.0  # After which a process hangs; long, because a machine may be busy
VERDICTS = {"alarms", "assess", "doctor", "incident", "inspect", "report"}
SEED = int(os.environ.get("TOBAN_TEST_SEED", "20261126"))
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")


def carried_out(cases, folder):
    home = folder / "empty-home"
    home.mkdir()
    base = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST",
        "AWS_SECRET_ACCESS_KEY": "made-up-secret-of-the-fuzz",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    orders = [json.dumps(case.order(base, folder, SECONDS)) for case in cases]
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.cli_zygote"],
        input="\n".join(orders) + "\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(cases), done.stderr[-4000:]
    return sorted(answers, key=lambda answer: answer["order"])


def faults(case, answer):
    status, words = answer["status"], answer["stdout"] + answer["stderr"]
    if status is None:
        # These go on until they are stopped; tail only while its lines can go anywhere.
        is_watch = {"watch", "--headless"} <= {*case.argv}
        is_tail = "tail" in case.argv and bool({"-f", "--follow"} & {*case.argv}) and case.stdout != "closed"
        return [] if is_watch or is_tail else ["hangs"]
    wrong = []
    if status not in [*ExitStatus]:
        wrong.append(f"status {status} is none of ours")
    if status == ExitStatus.SOFTWARE:
        wrong.append("a fault of ours")
    if status == ExitStatus.ATTENTION and not VERDICTS & {*case.argv}:
        wrong.append("attention is not meant")
    if "Traceback" in words or "Exception ignored" in words:
        wrong.append("a traceback")
    if "made-up-secret-of-the-fuzz" in words or "secret-pass" in answer["stdout"]:
        wrong.append("a secret")
    if STEERING.search(words):
        wrong.append("steers the terminal")
    if (
        status >= ExitStatus.USAGE
        and status < ExitStatus.INTERRUPTED
        and case.stderr == case.stdout == "file"
        and not words
    ):
        wrong.append("says nothing")
    return wrong


def hold(count, folder, seed):
    hostile = folder / "hostile"
    hostile.mkdir()
    end_with_a_message(Fuzz(seed, files(hostile)).cases(count), folder)


def end_with_a_message(cases, folder):
    answers = carried_out(cases, folder)
    wrong = [
        f"{', '.join(problems)}: toban {' '.join(map(ascii, case.argv))[:300]} {case.env} {case.stdout}/{case.stderr}\n"
        f"    {answer['status']} {answer['stderr'][-1500:]}"
        for case, answer in zip(cases, answers, strict=True)
        if (problems := faults(case, answer))
    ]
    assert not wrong, f"{len(wrong)} of {len(cases)}\n" + "\n".join(wrong)


def test_a_hostile_command_line_ends_with_a_message(tmp_path):
    hold(12, tmp_path, SEED)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 3))
def test_many_hostile_command_lines_end_with_a_message(tmp_path, seed):
    # A third of the cases is of variables: each comes once.
    hold(3 * len(variables()), tmp_path, SEED + seed)


@pytest.mark.slow
def test_every_file_and_time_takes_the_extremes(tmp_path):
    end_with_a_message(extremes(tmp_path), tmp_path)
