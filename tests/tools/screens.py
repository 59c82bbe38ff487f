"""`make screens`: every screen as SVG into `screens/`, at three sizes, in both languages.

Runs the real console on the embedded AWS; `--docs` rewrites the pictures of the README as well.
"""

import argparse
import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from textual.pilot import Pilot

from services import i18n
from services.demo.launch import start
from tests.tools.console import console, settled, until
from tests.tools.picture import picture
from tui.app import TobanApp

ROOT = Path(__file__).parents[2]
SIZES = ((80, 24), (120, 40), (200, 60))
SHOTS = (
    "watch", "alarm", "logs", "help", "palette", "runbook", "usage", "dashboard", "tail",
    "inspect", "duty", "finding", "report", "change", "plan", "journal",
)  # fmt: skip
SCENARIOS = {
    "change": "ecs-cpu",
    "plan": "ecs-cpu",
    **dict.fromkeys(("inspect", "duty", "finding", "report"), "monday-faults"),
}
"""Where a shot needs another scenario than the one asked for."""
PUBLISHED = ("watch", "alarm", "logs", "inspect", "finding", "report", "plan", "journal")
"""In the README."""
BEGIN = datetime(2026, 1, 13, 9, 7, tzinfo=ZoneInfo("Asia/Tokyo"))
"""The Tuesday after a Monday that was a holiday: Monday's duties are due."""


async def _go(pilot: Pilot[object], shot: str) -> None:
    keys = {
        "alarm": ["a", "home", "enter"],
        "logs": ["3"],
        "help": ["question_mark"],
        "palette": ["ctrl+p"],
        "dashboard": ["d", "z"],
        "tail": ["l", "z"],
        "inspect": ["2"],
        "duty": ["2", "enter"],
        "finding": ["2", "down", "enter", "enter"],
        "report": ["2", "g"],
        "change": ["4"],
        "plan": ["4", "enter"],
        "journal": ["6"],
    }
    if shot == "journal":
        await _write(pilot)
    if SCENARIOS.get(shot) == "monday-faults":
        await _inspected(pilot)
    for key in keys.get(shot, []):
        await pilot.press(key)
        await settled(pilot)
    if shot == "runbook":
        await pilot.app.run_action("app.show_runbook")
    if shot == "usage":
        await pilot.app.run_action("app.show_usage")
    await settled(pilot)


async def _inspected(pilot: Pilot[object]) -> None:
    """Wait until every duty that is due has been inspected."""
    app = pilot.app
    assert isinstance(app, TobanApp)

    def complete() -> bool:
        open_now = app.duties.open if app.duties is not None else ()
        findings = [app.ready.scheduler.of(each.slot) for each in open_now if each.state.value != "missed"]
        return bool(findings) and all(each is None or each.complete for each in findings)

    await until(pilot, complete, limit=60.0)


async def _write(pilot: Pilot[object]) -> None:
    """Sign a duty, arm and disarm, so that there is something to read."""
    app = pilot.app
    assert isinstance(app, TobanApp)
    ready = app.ready
    await until(pilot, lambda: app.duties is not None and app.duties.today.occurrences)
    assert app.duties is not None
    await ready.duties.sign(app.duties.today.occurrences[0], "OK")
    await ready.engine.arm("2026-01 month end", timedelta(minutes=15))
    await ready.engine.disarm()


async def take(
    folder: Path, scenario: str, language: str, size: tuple[int, int], shots: tuple[str, ...]
) -> None:
    """Write `<shot>-<language>-<width>x<height>.svg` for each shot."""
    demo = await start(scenario, 1.0, origin=BEGIN, ahead=300.0, language=language)
    try:
        for shot in shots:
            i18n.use(language)
            with TemporaryDirectory() as home:
                journal = Path(home) / "journal.db"
                async with console(
                    demo.url, demo.clock, size=size, scenario=scenario, journal=journal
                ) as pilot:
                    await _go(pilot, shot)
                    name = f"{shot}-{language}-{size[0]}x{size[1]}.svg"
                    (folder / name).write_text(picture(pilot.app))
                    print(name)
    finally:
        await demo.stop()


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="rewrite the README's pictures")
    parser.add_argument("--scenario", default="alb-5xx")
    parser.add_argument("--only", nargs="*", default=list(SHOTS))
    chosen = parser.parse_args()
    folder = ROOT / "screens"
    folder.mkdir(exist_ok=True)
    for language in i18n.LANGUAGES:
        for size in [(120, 40)] if chosen.docs else SIZES:
            for scenario in sorted({SCENARIOS.get(shot, chosen.scenario) for shot in chosen.only}):
                shots = tuple(
                    shot for shot in chosen.only if SCENARIOS.get(shot, chosen.scenario) == scenario
                )
                asyncio.run(take(folder, scenario, language, size, shots))
    if chosen.docs:
        _publish(folder)


def _publish(folder: Path) -> None:
    docs = ROOT / "docs" / "screens"
    docs.mkdir(parents=True, exist_ok=True)
    for shot in PUBLISHED:
        for language, suffix in (("en", ""), ("ja", "-ja")):
            (docs / f"{shot}{suffix}.svg").write_text((folder / f"{shot}-{language}-120x40.svg").read_text())


if __name__ == "__main__":
    main()
