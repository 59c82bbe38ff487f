"""What is started to see that a documented option works: its command without it and with it, and how they
end. Where two equal starts differ in numbers (ages, times, ids), these do not count. Every start has a home
and a folder of its own."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.services.report.incident_ledger import DAY
from tests.tools.documented.names import Flag
from tests.tools.documented.texts import ROOT

UNKNOWN = "zz-none"  # A value that nothing has
JOURNAL = "journal.db"  # In the folder of each start
ADDRESS = "dynamodb://toban-journal?region=ap-northeast-1"
FACILITY = (ROOT / "services/runbook/facility-prod.toml").read_text("utf-8")
DEAD = {"TOBAN_JOURNAL": "postgresql://toban@127.0.0.1:1/journals"}  # A ledger that does not answer


@dataclass(frozen=True)
class Start:
    """One start of the program."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict, hash=False)
    files: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Texts of files in its folder, by name."""


_SYSTEMS = """
[[systems]]
runbook = "facility-prod"
journal = "postgresql://toban@127.0.0.1:1/journals"
"""
BASES: Mapping[tuple[str, ...], Start] = {
    (): Start(("config",)),
    ("alarms",): Start(("alarms",)),
    ("assess",): Start(("assess", "alb-5xx-error-rate")),
    ("change",): Start(("change", "task-limit", "--plan")),
    ("change", "alarm-mute"): Start(("change", "alarm-mute", "--target", "rds-cpu-high", "--plan")),
    ("demo",): Start(("demo",)),
    ("drill",): Start(("drill",)),
    ("completion",): Start(("completion", "bash")),
    ("config",): Start(("config",)),
    ("doctor",): Start(("doctor",)),
    ("drill", "score"): Start(("drill", "score")),
    ("duties",): Start(("duties", "--month", "2026-01", "--file", JOURNAL)),
    ("events", "template"): Start(("events", "template")),
    ("incident", "list"): Start(("incident", "list", "--file", JOURNAL)),
    ("incident", "report"): Start(("incident", "report", "alb-5", "--file", JOURNAL)),
    ("incident", "show"): Start(("incident", "show", "alb-5", "--file", JOURNAL)),
    ("inspect",): Start(("inspect", "error-logs")),
    ("journal", "copy"): Start(("journal", "copy", "--from", JOURNAL, "--to", "copy.db")),
    ("journal", "export"): Start(("journal", "export", "--file", JOURNAL)),
    ("journal", "list"): Start(("journal", "list", "--file", JOURNAL)),
    ("journal", "move"): Start(("journal", "move", "--from", JOURNAL, "--to", DEAD["TOBAN_JOURNAL"])),
    ("journal", "table"): Start(("journal", "table", "--print")),
    ("journal", "verify"): Start(("journal", "verify", "--file", JOURNAL)),
    ("logs", "query"): Start(("logs", "query", "fields @message", "--group", "/ecs/staff-api", "--since", "30m", "--yes")),
    ("logs", "tail"): Start(("logs", "tail", "/ecs/staff-api", "--since", "5m")),
    ("mcp",): Start(("mcp",)),
    ("policy",): Start(("policy", "journal"), DEAD),
    ("report",): Start(("report", DAY, "--file", JOURNAL)),
    ("runbook", "show"): Start(("runbook", "show", "facility-prod")),
    ("watch",): Start(("watch", "--headless")),
}  # fmt: skip
"""A start of each command on which an option can show what it does."""
BASES_OF_OPTIONS: Mapping[Flag, Start] = {
    Flag(("incident", "report"), "--markdown"): Start(("incident", "report", "alb-5", "--file", JOURNAL, "--json")),
    Flag(("inspect",), "--whatever-it-costs"): Start(
        ("inspect", "error-logs", "--runbook", "dear.toml"),
        files={"dear.toml": f"{FACILITY}\n[inspecting]\nask_above_yen = 0\ninsights_usd_per_gb = 1000000\n"},
    ),
    Flag(("journal", "export"), "--lang"): Start(("journal", "export", "--file", "nowhere.db")),
    Flag(("journal", "move"), "--from-backup"): Start(
        ("journal", "move", "--from", JOURNAL, "--to", "moved.db")
    ),
    Flag(("journal", "table"), "--print"): Start(("journal", "table", ADDRESS)),
    Flag(("journal", "table"), "--runbook"): Start(("journal", "table", "--print"), {"TOBAN_CONFIG": "systems.toml"}, {"systems.toml": _SYSTEMS}),
    **{
        Flag(("logs", command), "--mask"): Start(
            (*argv, "--runbook", "masking.toml"),
            files={"masking.toml": f"{FACILITY}\n[[masking]]\nid = \"user\"\ntitle = \"user\"\npattern = 'u1\\d{{4}}'\n"},
        )
        for command, argv in (
            ("query", ("logs", "query", "fields @message", "--group", "/ecs/staff-api", "--since", "30m", "--yes")),
            ("tail", ("logs", "tail", "/ecs/staff-api", "--since", "5m")),
        )
    },
    Flag(("logs", "query"), "--yes"): Start(("logs", "query", "error-logs", "--since", "1h")),
    Flag(("logs", "query"), "--max-yen"): Start(("logs", "query", "error-logs", "--since", "1h")),
    Flag(("policy",), "--lang"): Start(("policy", "journal")),
    Flag(("watch",), "--headless"): Start(("watch",)),
}  # fmt: skip
"""Where an option shows nothing on its command's start."""
SHOWN_ELSEWHERE: Mapping[Flag, str] = {
    Flag(("journal", "verify"), "--whole"): "tests/tui/cli/test_cli_journal.py"
}
"""What these do takes more than one start: the test that has it."""
ACCEPTED = frozenset(
    Flag((command,), name) for command in ("duties", "report") for name in ("--profile", "--endpoint-url", "--role-arn")
)  # fmt: skip
"""These commands read nothing from AWS, and say so: they take the options so that a script can give all commands the same."""
GIVEN: Mapping[str, str] = {"--debug": "/dev/null/no-folder", "--format": "text", "--max-yen": "5", "N": "3"}
"""Values of options, and of what stands for a value."""


@dataclass(frozen=True)
class Ended:
    """How one start ended."""

    status: int | None  # None: it went on until it was killed
    output: str
    files: tuple[str, ...]  # What it left in its folder and its home

    def __str__(self) -> str:
        return f"{self.status} {self.output[-600:]} {self.files}"

    def same_as(self, other: "Ended", *, numbers: bool) -> bool:
        """Whether both ended alike; without `numbers` these may differ."""
        first, second = (each.output if numbers else without_numbers(each.output) for each in (self, other))
        return (self.status, first, self.files) == (other.status, second, other.files)


def without_numbers(text: str) -> str:
    """The text with all numbers alike."""
    return re.sub(r"\d+", "0", text)


def environment(endpoint: str) -> dict[str, str]:
    """All that a start gets from its caller: made-up keys of an embedded AWS, and no language."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint,
    }


def tried_as(flag: Flag) -> Flag:
    """The option with its command alone; documents may name an argument, too (`inspect daily-morning`)."""
    command = flag.command
    while command and command not in BASES and command[0] != "change":
        command = command[:-1]
    return Flag(command, flag.name)


def base_of(flag: Flag) -> Start:
    """The start on which the option is tried."""
    if flag in BASES_OF_OPTIONS:
        return BASES_OF_OPTIONS[flag]
    base = BASES.get(flag.command) or Start((*flag.command, "--plan"))
    is_plan = flag.name == "--plan"
    return replace(base, argv=tuple(each for each in base.argv if each != "--plan")) if is_plan else base


def with_option(flag: Flag, shown: str) -> Start:
    """That start with the option; `shown`: what stands for its value, "" if it takes none."""
    base = base_of(flag)
    words = shown.strip("[]").split("|")
    # Where the documents list values, the last is not the default; of a change they show what it would do anyway.
    last = words[-1] if re.match(r"[a-z0-9]", words[-1]) and not flag.command[1:] else UNKNOWN
    option = (flag.name, GIVEN.get(flag.name) or GIVEN.get(words[-1]) or last) if shown else (flag.name,)
    return replace(base, argv=(*base.argv, *option) if flag.command else (*option, *base.argv))


def by_forks(
    starts: Sequence[Start], base: Mapping[str, str], folder: Path, journal: Path, seconds: float = 60.0
) -> list[Ended]:
    """How each ends, as forks of one process that has imported everything."""
    orders = []
    for number, start in enumerate(starts):
        work = prepare(start, folder / str(number), journal)
        orders.append(
            {
                "argv": start.argv, "env": {**base, "HOME": str(work / "home"), **start.env}, "cwd": str(work), "stdin": "null",
                "stdout": "file", "stderr": "file", "seconds": seconds, "shown": 100_000,
            }
        )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.cli_zygote"],
        input="".join(json.dumps(order) + "\n" for order in orders), capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    answers: list[dict[str, Any]] = sorted(
        map(json.loads, done.stdout.splitlines()), key=lambda answer: answer["order"]
    )
    assert len(answers) == len(starts), done.stderr[-4000:]
    return [
        ended(each["status"], each["stdout"] + each["stderr"], folder / str(each["order"]))
        for each in answers
    ]


def prepare(start: Start, work: Path, journal: Path) -> Path:
    """The folder of a start."""
    (work / "home").mkdir(parents=True)
    for name, text in start.files.items():
        (work / name).write_text(text, "utf-8")
        (work / name).chmod(0o600)
    if JOURNAL in start.argv:
        shutil.copy(journal, work / JOURNAL)
    return work


def ended(status: int | None, output: str, work: Path) -> Ended:
    """How a start in a folder ended."""
    left = sorted(str(path.relative_to(work)) for path in work.rglob("*") if path.is_file())
    return Ended(status, output.replace(str(work), "@"), tuple(left))
