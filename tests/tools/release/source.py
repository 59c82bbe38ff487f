"""What a release is made of: the commit that carries the version's tag, and nothing else that lies in the folder."""

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.tools.release.build import ROOT, commit_time, git, git_bytes, version
from tests.tools.release.steps import Failure

COMMIT_FILE = "tui/commit.txt"  # Where a build without git finds the commit (tui/installed/build_hook.py)
_MODES = {"100644": 0o644, "100755": 0o755}  # Permissions by the mode of an entry
_VERSION_LINE = re.compile(r'(?m)^version = "([^"]+)"$')


@dataclass(frozen=True, slots=True)
class Source:
    """A commit of a checkout."""

    root: Path
    commit: str
    number: str  # The version; that of a rehearsal ends in `+rehearsal`, which no package index accepts

    @property
    def epoch(self) -> int:
        """When the commit was made, as SOURCE_DATE_EPOCH."""
        return int(commit_time(self.commit, root=self.root).timestamp())

    def export(self, target: Path, *, is_other: bool = False) -> Path:
        """Write the commit's files to `target`; `is_other`: with other times and permissions, which must not matter."""
        for path, mode, content in self._files():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(content)
            (target / path).chmod(mode)
        (target / COMMIT_FILE).write_text(f"{self.commit}\n", "utf-8")
        project = target / "pyproject.toml"
        project.write_text(
            _VERSION_LINE.sub(f'version = "{self.number}"', project.read_text("utf-8"), count=1), "utf-8"
        )
        if is_other:
            for path in target.rglob("*"):
                path.chmod(0o700 if path.is_dir() or os.access(path, os.X_OK) else 0o600)
                os.utime(path, (1_000_000_000, 1_000_000_000))
        return target

    def _files(self) -> Iterator[tuple[str, int, bytes]]:
        """Path, permissions and content of each file. Raises Failure for a link or a submodule. Not by `git
        archive`: attributes, filters and line ends that this machine sets would change what is released."""
        listing = git_bytes("ls-tree", "-r", "-z", self.commit, root=self.root).decode("utf-8")
        entries = [entry.split("\t", 1) for entry in listing.split("\0") if entry]
        names = "".join(f"{facts.split()[2]}\n" for facts, _path in entries)
        stream = io.BytesIO(git_bytes("cat-file", "--batch", root=self.root, given=names.encode()))
        for facts, path in entries:
            size = int(stream.readline().split()[2])
            content = stream.read(size + 1)[:-1]
            if facts.split()[0] not in _MODES:
                raise Failure(f"{path} is neither a file nor a folder; a release holds nothing else.")
            yield path, _MODES[facts.split()[0]], content

    def read(self, path: str) -> str:
        """A file of the commit."""
        return git("show", f"{self.commit}:{path}", root=self.root) + "\n"

    def notes(self) -> str:
        """The changelog's section of this version. Raises Failure."""
        return changelog_section(self.read("CHANGELOG.md"), self.number)


def rehearsal(root: Path = ROOT) -> Source:
    """HEAD, whatever its tag and the files in the folder are."""
    return Source(root, git("rev-parse", "HEAD", root=root), f"{version(root)}+rehearsal")


def released(root: Path = ROOT) -> Source:
    """The commit whose tag is the version in pyproject.toml. Raises Failure if HEAD is not it."""
    number = version(root)
    status = ("status", "--porcelain", "--untracked-files=normal", "--ignore-submodules=none")
    changed = git(*status, root=root).splitlines()
    # An entry with a lower-case letter or S is one that git was told to see no changes of.
    tracked = git("ls-files", "-v", root=root).splitlines()
    changed += [f" {line}" for line in tracked if line[:1].islower() or line[:1] == "S"]
    if changed:
        raise Failure(
            f"{len(changed)} files differ from the commit, such as {changed[0][2:].strip()}. Commit or remove them. "
            "To try a release out: make release RELEASE=--rehearsal"
        )
    tags = [tag for tag in git("tag", "--points-at", "HEAD", root=root).split() if tag.startswith("v")]
    if f"v{number}" not in tags:
        carried = f"carries {', '.join(tags)}" if tags else "carries no tag"
        raise Failure(
            f"HEAD {carried}, and pyproject.toml says version {number}. When the version, the changelog's heading "
            f"“## {number} — date” and the READMEs are committed: git tag -a v{number} -m 'Toban {number}'. "
            "To try a release out: make release RELEASE=--rehearsal"
        )
    return Source(root, git("rev-parse", "HEAD", root=root), number)


def changelog_section(changelog: str, number: str) -> str:
    """The section `## NUMBER — date` without its heading; a rehearsal may also take `## Unreleased`. Raises Failure."""
    plain = number.removesuffix("+rehearsal")
    headings = [re.escape(plain), *(["Unreleased"] if plain != number else [])]
    for heading in headings:
        section = re.search(rf"(?ms)^## \[?{heading}\]?(?: [^\n]*)?\n(.*?)(?=^## |\Z)", changelog)
        if section and section[1].strip():
            return section[1].strip() + "\n"
    raise Failure(
        f"CHANGELOG.md has no section “## {plain} — date” with a text. Write it, commit it, and tag that commit."
    )
