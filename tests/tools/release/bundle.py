"""Makes the offline bundle: one file that installs Toban where no package index can be reached (`make
bundle`). It is a zip archive that Python runs: the installer (tui/installed/toban_bundle), the lock file, the
wheels of all that is locked for each Python that Toban supports, and their SHA-256. Made twice from one
commit it is the same file."""

import argparse
import hashlib
import json
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from tests.tools.release.build import ROOT, commit_time, wheel
from tests.tools.release.lock import Locked, read_lock

LOCK = Path("tests/tools/release/bundle.lock")
INSTALLER = Path("tui/installed/toban_bundle")
PYTHONS = ("3.11", "3.12", "3.13")
_GLIBC = ("2_28", "2_17", "2_12", "2_5")
"""Versions of glibc for which wheels are taken, the newest first (PEP 600); the installer refuses an older system."""
_MACOS = (11, 12, 13, 14)
SHEBANG = b"#!/usr/bin/env python3\n"


def platform_of_this() -> str:
    """`linux-x86_64` or `macos-aarch64`, as the installer names it."""
    system = {"Darwin": "macos"}.get(platform.system(), platform.system().lower())
    return f"{system}-{ {'arm64': 'aarch64'}.get(platform.machine(), platform.machine()) }"


def tags(name: str) -> list[str]:
    """The platform tags of wheels that run on a platform, such as `linux-x86_64`."""
    system, _dash, machine = name.partition("-")
    if system == "macos":
        kinds = ("arm64" if machine == "aarch64" else machine, "universal2")
        return [f"macosx_{number}_0_{kind}" for number in reversed(_MACOS) for kind in kinds]
    return [
        *(f"manylinux_{glibc}_{machine}" for glibc in _GLIBC),
        f"manylinux2014_{machine}",
        f"linux_{machine}",
    ]


def environment(python: str, name: str) -> dict[str, str]:
    """What the markers of a lock file ask of a Python on a platform (PEP 508)."""
    system, _dash, machine = name.partition("-")
    is_mac = system == "macos"
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "sys_platform": "darwin" if is_mac else "linux",
        "platform_system": "Darwin" if is_mac else "Linux",
        "platform_machine": "arm64" if is_mac and machine == "aarch64" else machine,
    }


def download(locked: Iterable[Locked], python: str, name: str, folder: Path) -> None:
    """Fetch the wheels of what is locked for one Python on one platform into `folder`; pip checks the hashes."""
    needed = [each for each in locked if each.is_for(environment(python, name))]
    file = folder.with_suffix(".txt")
    file.write_text("\n".join(each.line for each in needed) + "\n", "utf-8")
    platforms = [option for tag in tags(name) for option in ("--platform", tag)]
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "download"),
            *("--no-deps", "--require-hashes", "--only-binary", ":all:", "--implementation", "cp"),
            *("--python-version", python, *platforms, "-d", str(folder), "-r", str(file)),
        ],
        check=True,
    )


def wheelhouse(
    locked: list[Locked], pythons: Iterable[str], name: str, folder: Path
) -> Iterator[tuple[str, bytes]]:
    """Name in the archive and content of each wheel: `any/…` for all Pythons, else `3.11-linux-x86_64/…`."""
    kinds = [f"{python}-{name}" for python in pythons]
    for python, kind in zip(pythons, kinds, strict=True):
        download(locked, python, name, folder / kind)
    paths = [path for kind in kinds for path in sorted((folder / kind).iterdir())]
    times = Counter(path.name for path in paths)
    for path in {path.name: path for path in paths if times[path.name] == len(kinds)}.values():
        yield f"any/{path.name}", path.read_bytes()
    for path in paths:
        if times[path.name] < len(kinds):
            yield f"{path.parent.name}/{path.name}", path.read_bytes()


def make(
    dist: Path,
    built: Path,
    wheels: dict[str, bytes],
    *,
    name: str,
    pythons: Iterable[str] = PYTHONS,
    root: Path = ROOT,
) -> Path:
    """Write the bundle of the wheel `built` and what it needs into `dist`, with the installer and lock file of `root`."""
    number = built.name.split("-")[1]
    contents = {
        **wheels,
        f"any/{built.name}": built.read_bytes(),
        "requirements.lock": (root / LOCK).read_bytes(),
    }
    facts = {
        "version": number,
        "pythons": [f"{python} {name}" for python in pythons],
        "sha256": {path: hashlib.sha256(content).hexdigest() for path, content in sorted(contents.items())},
    }
    contents["bundle.json"] = json.dumps(facts, indent=1).encode()
    contents |= installer(root)
    target = dist / f"toban-{number}-{name}.pyz"
    dist.mkdir(parents=True, exist_ok=True)
    write(target, contents, commit_time())
    return target


def installer(root: Path = ROOT) -> dict[str, bytes]:
    """The installer's files by their names in the archive."""
    files = {f"{INSTALLER.name}/{path.name}": path.read_bytes() for path in (root / INSTALLER).glob("*.py")}
    return {**files, "__main__.py": files.pop(f"{INSTALLER.name}/__main__.py")}


def write(target: Path, contents: dict[str, bytes], time: datetime) -> None:
    """Write an archive that Python runs. Nothing is packed: another zlib would pack it otherwise, and wheels are packed."""
    with target.open("wb") as file:
        file.write(SHEBANG)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for path, content in sorted(contents.items()):
                info = zipfile.ZipInfo(path, time.timetuple()[:6])
                info.create_system = 3
                info.external_attr = 0o644 << 16
                archive.writestr(info, content)
    target.chmod(0o755)


def main() -> None:
    """`python -m tests.tools.release.bundle [--platform linux-aarch64] [--pythons 3.11,3.12] [--to FOLDER]`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--platform", default=platform_of_this())
    parser.add_argument("--pythons", default=",".join(PYTHONS))
    parser.add_argument("--to", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    pythons = tuple(options.pythons.split(","))
    with tempfile.TemporaryDirectory() as scratch:
        wheels = dict(wheelhouse(read_lock(ROOT / LOCK), pythons, options.platform, Path(scratch)))
        path = make(options.to, wheel(Path(scratch)), wheels, name=options.platform, pythons=pythons)
    print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
