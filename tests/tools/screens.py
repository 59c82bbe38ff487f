"""`make screens`: every screen as SVG into `screens/`, at three sizes, in both languages.

Runs the real console on the embedded AWS; `--docs` rewrites the pictures of the README as well.
"""

import argparse
import asyncio
from pathlib import Path

from textual.pilot import Pilot

from services import i18n
from services.demo.launch import start
from tests.tools.console import console, settled
from tests.tools.picture import picture

ROOT = Path(__file__).parents[2]
SIZES = ((80, 24), (120, 40), (200, 60))
SHOTS = ("watch", "alarm", "logs", "help", "palette", "runbook", "usage", "dashboard", "tail")


async def _go(pilot: Pilot[object], shot: str) -> None:
    keys = {
        "alarm": ["a", "home", "enter"],
        "logs": ["3"],
        "help": ["question_mark"],
        "palette": ["ctrl+p"],
        "dashboard": ["d", "z"],
        "tail": ["l", "z"],
    }
    await pilot.press(*keys.get(shot, []))
    if shot == "runbook":
        await pilot.app.run_action("app.show_runbook")
    if shot == "usage":
        await pilot.app.run_action("app.show_usage")
    await settled(pilot)


async def take(
    folder: Path, scenario: str, language: str, size: tuple[int, int], shots: tuple[str, ...]
) -> None:
    """Write `<shot>-<language>-<width>x<height>.svg` for each shot."""
    demo = await start(scenario, 1.0, ahead=300.0)
    try:
        for shot in shots:
            i18n.use(language)
            async with console(demo.url, demo.clock, size=size, scenario=scenario) as pilot:
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
            asyncio.run(take(folder, chosen.scenario, language, size, tuple(chosen.only)))
    if chosen.docs:
        _publish(folder)


def _publish(folder: Path) -> None:
    docs = ROOT / "docs" / "screens"
    docs.mkdir(parents=True, exist_ok=True)
    for shot in ("watch", "alarm", "logs"):
        for language, suffix in (("en", ""), ("ja", "-ja")):
            (docs / f"{shot}{suffix}.svg").write_text((folder / f"{shot}-{language}-120x40.svg").read_text())


if __name__ == "__main__":
    main()
