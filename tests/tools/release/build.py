"""Builds the wheel and the sdist; twice from one commit they are the same files."""

import os
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[3]


def version(root: Path = ROOT) -> str:
    """The version in pyproject.toml."""
    return str(tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def git(*arguments: str, root: Path = ROOT) -> str:
    """What git prints in a checkout."""
    return git_bytes(*arguments, root=root).decode("utf-8").strip()


def git_bytes(*arguments: str, root: Path = ROOT, given: bytes = b"") -> bytes:
    """What git prints in a checkout for what it is `given`: in this one, whatever the environment says, and of real objects."""
    command = ["git", "--no-replace-objects", "-C", str(root), *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(command, input=given, check=True, capture_output=True, env=clean).stdout


def commit_time(commit: str = "HEAD", *, root: Path = ROOT) -> datetime:
    """When the commit was made (UTC), in whole even seconds, as a zip archive can hold it."""
    seconds = int(git("log", "-1", "--format=%ct", commit, root=root))
    return datetime.fromtimestamp(seconds - seconds % 2, UTC)


def wheel(dist: Path, root: Path = ROOT, environment: Mapping[str, str] | None = None) -> Path:
    """Build the wheel of the tree at `root` into `dist`, and return its path."""
    return _build("wheel", dist, root, environment or {})


def sdist(dist: Path, root: Path = ROOT, environment: Mapping[str, str] | None = None) -> Path:
    """Build the sdist of the tree at `root` into `dist`, and return its path."""
    return _build("sdist", dist, root, environment or {})


def wheel_of_sdist(archive: Path, scratch: Path, environment: Mapping[str, str]) -> Path:
    """Build a wheel from an unpacked sdist in `scratch`, as an installer does, and return its path."""
    with tarfile.open(archive) as file:
        file.extractall(scratch, filter="data")
    return wheel(scratch / "dist", scratch / archive.name.removesuffix(".tar.gz"), environment)


def _build(kind: Literal["wheel", "sdist"], dist: Path, root: Path, environment: Mapping[str, str]) -> Path:
    dist.mkdir(parents=True, exist_ok=True)
    if "SOURCE_DATE_EPOCH" not in environment:
        environment = {"SOURCE_DATE_EPOCH": str(int(commit_time().timestamp())), **environment}
    code = f"import sys, hatchling.build; print(hatchling.build.build_{kind}(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(dist.absolute())]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, cwd=root, env={**os.environ, **environment}
    )
    return dist / done.stdout.split()[-1]
