"""Reads a lock file: requirements with exact versions, markers and hashes, as `uv pip compile --generate-hashes` writes them."""

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Locked:
    """One requirement of a lock file."""

    requirement: Requirement
    hashes: tuple[str, ...]  # SHA-256 in hex of every file of this version

    @property
    def version(self) -> str:
        """The one version that it allows."""
        (specifier,) = self.requirement.specifier
        return specifier.version

    @property
    def line(self) -> str:
        """The requirement without its marker, with its hashes: a line of a file for pip."""
        pin = f"{self.requirement.name}=={self.version}"
        return " ".join([pin, *(f"--hash=sha256:{digest}" for digest in self.hashes)])

    def is_for(self, environment: dict[str, str]) -> bool:
        """Whether its marker, if it has one, holds in `environment` (names of PEP 508)."""
        marker = self.requirement.marker
        return marker is None or marker.evaluate(environment)


def read_lock(path: Path) -> list[Locked]:
    """The requirements of a lock file, in its order."""
    text = re.sub(r"(?m)^\s*#.*\n?", "", path.read_text("utf-8")).replace("\\\n", " ")
    entries = []
    for line in filter(None, map(str.strip, text.splitlines())):
        requirement, *_rest = line.split("--hash", 1)
        entries.append(Locked(Requirement(requirement.strip()), tuple(_HASH.findall(line))))
    return entries
