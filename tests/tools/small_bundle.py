"""Bundles that are made and installed in a moment: the real installer, a stand-in for pip, and a Toban that prints its version."""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from tests.tools.release.bundle import installer, platform_of_this, write

HERE = f"{sys.version_info[0]}.{sys.version_info[1]} {platform_of_this()}"
TIME = datetime(2026, 1, 1, tzinfo=UTC)
PIP = "any/pip-0-py3-none-any.whl"
_PIP = """\
import os, signal, sys, sysconfig, zipfile
from pathlib import Path

own = [each for each in sys.argv if "toban-" in os.path.basename(each)]
step = "own" if own else "locked"
if step == {killed_at!r}:
    os.kill(os.getppid(), signal.SIGKILL)
if step == {fails_at!r}:
    sys.exit("first line\\nERROR: No space left on device")
lock = Path(sys.argv[sys.argv.index("-r") + 1]) if not own else None
target = sysconfig.get_path("purelib")
for wheel in map(Path, own) if own else lock.parent.glob("pip-*.whl"):
    zipfile.ZipFile(wheel).extractall(target)
if own:
    command = Path(sys.prefix, "bin/toban")
    command.write_text(f"#!/bin/sh\\nexec '{{sys.executable}}' -m toban \\"$@\\"\\n")
    command.chmod(0o755)
"""


def zipped(files: dict[str, str]) -> bytes:
    """A zip archive of these texts."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def small_bundle(
    path: Path,
    version: str = "1.0",
    *,
    pythons: Sequence[str] = (HERE,),
    killed_at: str = "",
    fails_at: str = "",
    more: dict[str, bytes] | None = None,
    unlisted: dict[str, bytes] | None = None,
    wrong: dict[str, str] | None = None,
) -> Path:
    """Write a bundle. At a step of pip (`locked` or `own`) the installer can be killed, or pip fail. `more`
    is listed with its hash, `unlisted` is not; `wrong` replaces facts."""
    pip = zipped({"pip/__main__.py": _PIP.format(killed_at=killed_at, fails_at=fails_at)})
    own = zipped({"toban/__main__.py": f"print('toban {version}')\n"})
    contents = {
        PIP: pip,
        f"any/toban-{version}-py3-none-any.whl": own,
        "requirements.lock": b"",
        **(more or {}),
    }
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    facts = {"version": version, "pythons": list(pythons), "sha256": hashes, **(wrong or {})}
    contents |= {"bundle.json": json.dumps(facts).encode()} | installer() | (unlisted or {})
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, contents, TIME)
    return path


def run(
    *command: str | Path, python: str | Path = sys.executable, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a bundle with its options. An empty variable is left out of the environment."""
    variables = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LC_CTYPE": "C.UTF-8",
        "LANG": "en_US.UTF-8",
        **environment,
    }
    return subprocess.run(
        [str(python), *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in variables.items() if value},
        cwd=Path(command[0]).parent,
    )


class Place:
    """The folders that bundles are installed into."""

    def __init__(self, folder: Path) -> None:
        self.versions = folder / "versions"
        self.link = folder / "bin/toban"

    def install(self, bundle: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Install a bundle."""
        options = ("--to", self.versions, "--bin", self.link.parent)
        return run(bundle, *options, *more, **environment)

    def says(self) -> str:
        """What the command prints."""
        return subprocess.run([self.link], check=True, capture_output=True, text=True).stdout.strip()

    def wait(self, version: str) -> None:
        """Wait until no process writes into the version's folder."""
        with (self.versions / version / "toban-bundle.json").open() as mark:
            fcntl.flock(mark, fcntl.LOCK_EX)


def tree(folder: Path) -> dict[str, str | bytes]:
    """Every file and link below a folder."""
    return {
        str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }
