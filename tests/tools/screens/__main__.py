"""`make screens`: every screen as SVG into `screens/`, with a page to look through them. Every size, both
languages, truecolor and 256 colours, dark and light; at 80×24 also 16 colours and NO_COLOR. SCREENS takes
options: SCREENS="--only watch alarm --size 80x24 --language ja --palette 256 --theme dark"."""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

from services import i18n
from tests.tools.screens.index import write_index
from tests.tools.screens.palettes import BRIGHTNESSES, LOOKS, PALETTES, Look
from tests.tools.screens.shots.registry import SHOTS
from tests.tools.screens.taking import Job, take

ROOT = Path(__file__).parents[3]
SIZES = ((80, 24), (120, 40), (200, 60))
PROCESSES = 2
PUBLISHED = ("watch", "alarm", "logs", "inspect", "finding", "report", "plan", "journal")
"""In the README, and on the documentation's pages."""
FOR_PAGES = ("incident", "plan-armed", "sign", "hand-over-day", "systems", "logs-three")
"""On the documentation's pages alone."""
_MOST = 12  # Shots of one job, so that both processes end at about the same time


def main() -> int:
    """Take the pictures."""
    chosen = _options().parse_args()
    if chosen.png and shutil.which("rsvg-convert") is None:
        print("--png needs rsvg-convert, which is not on PATH (Debian: librsvg2-bin)", file=sys.stderr)
        return 2
    began = monotonic()
    folder = ROOT / "screens"
    folder.mkdir(exist_ok=True)
    jobs = list(_jobs(chosen))
    failed = _take_all(jobs, folder)
    write_index(folder)
    pictures = [folder / name for job in jobs for name in job.names]
    if chosen.png:
        for path in pictures:
            if path.exists():
                subprocess.run(["rsvg-convert", path, "-o", path.with_suffix(".png")], check=True)
    if chosen.docs:
        _publish(folder)
    print(
        f"{len(pictures)} pictures in {monotonic() - began:.0f} s; look through them: {folder / 'index.html'}"
    )
    for line in failed:
        print(f"not taken: {line}", file=sys.stderr)
    return 1 if failed else 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make screens SCREENS=…", description=__doc__)
    names = [shot.name for shot in SHOTS]
    parser.add_argument(
        "--only", nargs="+", default=names, choices=names, metavar="SHOT", help=", ".join(names)
    )
    parser.add_argument("--size", nargs="+", default=[f"{x}x{y}" for x, y in SIZES], metavar="80x24")
    parser.add_argument("--language", nargs="+", default=list(i18n.LANGUAGES), choices=list(i18n.LANGUAGES))
    palettes = [palette.id for palette in PALETTES]
    parser.add_argument("--palette", nargs="+", default=palettes, choices=palettes)
    parser.add_argument("--theme", nargs="+", default=list(BRIGHTNESSES), choices=list(BRIGHTNESSES))
    parser.add_argument(
        "--fresh", action="store_true", help="start the console anew for each size instead of resizing it"
    )
    parser.add_argument("--png", action="store_true", help="each picture as PNG as well (rsvg-convert)")
    parser.add_argument(
        "--docs", action="store_true", help="the pictures of README and pages only, and rewrite them"
    )
    return parser


def _jobs(chosen: argparse.Namespace) -> Iterator[Job]:
    """The work, in parts of about equal length."""
    sizes = [(int(width), int(height)) for width, _x, height in (size.partition("x") for size in chosen.size)]
    if chosen.docs:
        chosen.only, sizes = (*PUBLISHED, *FOR_PAGES), [(120, 40)]
        chosen.palette, chosen.theme = ["truecolor"], ["dark"]
    looks = tuple(
        look for look in LOOKS if look.palette.id in chosen.palette and look.brightness in chosen.theme
    )
    wanted = [shot for shot in SHOTS if shot.name in chosen.only]
    for together in [(size,) for size in sizes] if chosen.fresh else [tuple(sizes)]:
        for language in chosen.language:
            for world in dict.fromkeys(shot.world for shot in wanted):
                names = [shot.name for shot in wanted if shot.world == world]
                for at in range(0, len(names), _MOST):
                    yield Job(world, language, together, tuple(names[at : at + _MOST]), looks)


def _take_all(jobs: list[Job], folder: Path) -> list[str]:
    failed: list[str] = []
    if len(jobs) == 1:
        return take(jobs[0], folder)
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(take, job, folder): job for job in jobs}
        for done, future in enumerate(as_completed(waiting), 1):
            job = waiting[future]
            failed += future.result()
            shots = " ".join(job.shots)
            print(f"{done}/{len(jobs)}  {job.language}  {shots}", flush=True)
    return failed


def _publish(folder: Path) -> None:
    docs = ROOT / "docs" / "screens"
    docs.mkdir(parents=True, exist_ok=True)
    look: Look = LOOKS[0]
    for shot in (*PUBLISHED, *FOR_PAGES):
        for language, suffix in (("en", ""), ("ja", "-ja")):
            picture = folder / f"{shot}-{language}-120x40-{look.name}.svg"
            (docs / f"{shot}{suffix}.svg").write_text(picture.read_text("utf-8"), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
