import hashlib
import json
import re
import zipfile
import zlib
from shlex import quote
from typing import Dict, Iterable, List, Tuple

from .words import Refusal, translated

LOCK = "requirements.lock"
_OWN = ("__main__.py", "bundle.json")
_MODULE = re.compile(r"toban_bundle/[a-z_]+\.py")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+]*")
_WHEEL = re.compile(r"(any|[0-9.]+-[a-z]+-[a-z0-9_]+)/[A-Za-z0-9][A-Za-z0-9_.+!-]*\.whl")
"""The names that are written to the disk; a path that leads elsewhere is none of them."""
_MANYLINUX = re.compile(r"manylinux(?:_(\d+)_(\d+)|(1|2010|2014))_")
_GLIBC_OF = {"1": (2, 5), "2010": (2, 12), "2014": (2, 17)}


class Bundle:
    """The file that holds this installer: `bundle.json`, `requirements.lock`, and wheels by Python's version and platform."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self.archive = zipfile.ZipFile(path)
            facts = json.loads(self.archive.read("bundle.json").decode("utf-8"))
            self.version: str = facts["version"]
            self.pythons: List[str] = facts["pythons"]
            """Each with its platform: `3.11 linux-x86_64`."""
            self.hashes: Dict[str, str] = facts["sha256"]
            """SHA-256 in hex by the name in the archive."""
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, EOFError, zlib.error):
            raise self._damaged("bundle.json") from None
        for name in self.hashes:
            if name != LOCK and not _WHEEL.fullmatch(name):
                raise self._strange(name)
        if not _VERSION.fullmatch(self.version):
            raise self._strange(self.version)

    def wheels(self, kind: str) -> List[str]:
        """Names in the archive of what `kind` (`3.11 linux-x86_64`) installs."""
        return [name for name in sorted(self.hashes) if name.split("/")[0] in ("any", kind.replace(" ", "-"))]

    def check(self, names: Iterable[str]) -> None:
        """Raise Refusal for the first file that is not what was packed."""
        for name in names:
            try:
                content = self.archive.read(name)
            except (zipfile.BadZipFile, KeyError, OSError, EOFError, zlib.error):
                content = b""
            if hashlib.sha256(content).hexdigest() != self.hashes[name]:
                raise self._damaged(name)

    def check_all(self) -> int:
        """Check every file, and that nothing was added; how many there are. Raises Refusal."""
        names = self.archive.namelist()
        for name in names:
            is_own = name in _OWN or _MODULE.fullmatch(name)
            if names.count(name) > 1 or (name not in self.hashes and not is_own):
                raise self._strange(name)
        self.check(sorted(self.hashes))
        # Python runs the installer's own files without comparing their checksums.
        try:
            damaged = self.archive.testzip()
        except (zipfile.BadZipFile, OSError, EOFError, zlib.error):
            damaged = self.path
        if damaged:
            raise self._damaged(damaged)
        return len(self.hashes)

    def glibc_needed(self, kind: str) -> Tuple[int, int]:
        """The oldest glibc on which all wheels of `kind` run; (0, 0) if any C library will do."""
        return max((_glibc(name) for name in self.wheels(kind)), default=(0, 0))

    def _damaged(self, name: str) -> Refusal:
        text = translated(
            "The bundle is damaged: {name} is not the file that was packed. Copy it again, and compare: sha256sum {bundle}"
        )
        return Refusal(text.format(name=name, bundle=quote(self.path)))

    def _strange(self, name: str) -> Refusal:
        text = translated(
            "The bundle names a file or version that no bundle holds: {name}. Do not use it; nothing was changed."
        )
        return Refusal(text.format(name=ascii(name)))


def _glibc(wheel: str) -> Tuple[int, int]:
    versions = [
        _GLIBC_OF[old] if old else (int(major), int(minor)) for major, minor, old in _MANYLINUX.findall(wheel)
    ]
    return min(versions, default=(0, 0))
