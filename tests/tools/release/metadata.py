"""Whether a package index and an installer can read what was built, and whether it holds what it should."""

import email
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from packaging.metadata import Metadata

from tests.tools.release.source import Source
from tests.tools.release.steps import Failure


def check(built: Path, archive: Path, source: Source) -> str:
    """Check a wheel and an sdist; how many files and classifiers there are, in words. Raises Failure."""
    with zipfile.ZipFile(built) as wheel:
        names = wheel.namelist()
        stray = strangers(names, f"toban-{source.number}")
        if stray:
            raise Failure(
                f"{built.name} holds {stray[0]}, which is no part of Toban ({len(stray)} such files)."
            )
        (own,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        metadata = Metadata.from_email(wheel.read(own), validate=True)
        commit = wheel.read("toban/app/tui/commit.txt").decode().strip()
    if (str(metadata.version), commit) != (source.number, source.commit):
        raise Failure(
            f"{built.name} says version {metadata.version} of commit {commit}; it is {source.number} of {source.commit}."
        )
    unknown = unknown_classifiers(metadata.classifiers or [])
    if unknown:
        raise Failure(f"No package index knows the classifier “{unknown[0]}”. See trove-classifiers.")
    command = [sys.executable, "-m", "twine", "check", "--strict", str(built), str(archive)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"twine check: {done.stdout.strip()}\n{done.stderr.strip()}")
    return (
        f"{len(names)} files in the wheel, {len(metadata.classifiers or [])} classifiers, the README renders"
    )


def strangers(names: Iterable[str], prefix: str) -> list[str]:
    """What a wheel holds outside of its package, its metadata and its man pages, or what was compiled."""
    own = re.compile(rf"toban/|{re.escape(prefix)}\.dist-info/|{re.escape(prefix)}\.data/data/share/man/")
    return [name for name in names if not own.match(name) or "__pycache__" in name or name.endswith(".pyc")]


def unknown_classifiers(classifiers: Iterable[str]) -> list[str]:
    """Those that do not exist, or are no longer in use."""
    from trove_classifiers import classifiers as known

    return [each for each in classifiers if each not in known]


def wheel_metadata(content: bytes) -> email.message.Message:
    """The METADATA of a wheel."""
    with zipfile.ZipFile(BytesIO(content)) as wheel:
        (own,) = (name for name in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        return email.message_from_bytes(wheel.read(own))
