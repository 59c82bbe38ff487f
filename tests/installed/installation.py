import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.tools.release.build import wheel

FOREIGN = ("tui", "widgets", "services")


@dataclass(frozen=True, slots=True)
class Installation:
    folder: Path
    site: Path
    work: Path

    @property
    def command(self) -> str:
        return str(self.folder / "bin/toban")

    @property
    def python(self) -> str:
        return str(self.folder / "bin/python")

    def run(
        self, *arguments: str, env: Mapping[str, str] | None = None, code: str = ""
    ) -> subprocess.CompletedProcess[str]:
        command = [self.python, "-c", code, *arguments] if code else [self.command, *arguments]
        environment = os.environ | {"PYTHONPATH": str(self.work), **(env or {})}
        return subprocess.run(
            command, check=False, cwd=self.work, env=environment, capture_output=True, text=True, timeout=120
        )


def install(folder: Path) -> Installation:
    built = wheel(folder / "dist")
    place = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    (site,) = place.glob("lib/python3.*/site-packages")
    # Files with paths in that folder, such as the one of the checkout, are not followed from here.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    options = ["--no-deps", "--no-index", "--disable-pip-version-check", "-q"]
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin/python"), "install", *options]
    subprocess.run([*pip, str(built)], check=True, cwd=folder)
    work = folder / "work"
    for parent in (site, work):
        poison(parent)
    return Installation(place, site, work)


def poison(parent: Path) -> None:
    for name in FOREIGN:
        package = parent / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(f"raise SystemExit('the foreign {name} was imported')\n")
