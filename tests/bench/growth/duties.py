from datetime import time
from pathlib import Path

from tests.bench.peers import ROOT

BUILTIN = ROOT / "services" / "runbook" / "facility-prod.toml"

RULES = (
    "FREQ=DAILY",
    "FREQ=WEEKLY;BYDAY=MO",
    "FREQ=WEEKLY;BYDAY=TU,TH",
    "FREQ=MONTHLY;BYMONTHDAY=1",
    "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=1",
)
FIRST_MINUTE, MINUTES = 9 * 60, 480  # The duties are spread over the minutes of a working day


def runbook_with_duties(folder: Path, count: int) -> Path:
    duties = "\n".join(_duty(number) for number in range(count))
    path = folder / "grown.toml"
    path.write_text(BUILTIN.read_text("utf-8") + duties, "utf-8")
    return path


def _duty(number: int) -> str:
    minute = FIRST_MINUTE + number % MINUTES
    at = time(minute // 60, minute % 60)
    return f"""
[[duties]]
id = "grown-{number:04}"
title = "Duty {number}"
section = "Grown"
rule = "{RULES[number % len(RULES)]}"
at = ["{at:%H:%M}"]
closed_day = "next-open"
asks = ["Done?"]
record = "-"
"""
