"""Builds the wheel and the sdist from this checkout; twice from one commit they are the same files."""

import os
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[3]


def version() -> str:
    """The version in pyproject.toml."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def git(*arguments: str) -> str:
    """What git prints in this checkout."""
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit_time() -> datetime:
    """When the commit was made (UTC), in whole even seconds, as a zip archive can hold it."""
    seconds = int(git("log", "-1", "--format=%ct"))
    return datetime.fromtimestamp(seconds - seconds % 2, UTC)


def wheel(dist: Path) -> Path:
    """Build the wheel into `dist`, and return its path."""
    return _build("wheel", dist)


def sdist(dist: Path) -> Path:
    """Build the sdist into `dist`, and return its path."""
    return _build("sdist", dist)


def _build(kind: Literal["wheel", "sdist"], dist: Path) -> Path:
    dist.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(int(commit_time().timestamp()))}
    code = f"import sys, hatchling.build; print(hatchling.build.build_{kind}(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(dist.absolute())]
    built = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=environment)
    return dist / built.stdout.split()[-1]
