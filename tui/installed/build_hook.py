"""Writes the commit into what is built; `toban --version` shows it. See `tool.hatch.build.hooks` in pyproject.toml."""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILE = "tui/commit.txt"
"""Where a build from an sdist, which has no git, finds the commit."""
_PACKED = ("tui", "widgets", "services")


class CommitHook(BuildHookInterface[Any]):
    """Adds `FILE` with the commit (40 hex digits, `+` where files differ from it or are not in it) to wheels and sdists."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before each build; an editable install reads git itself."""
        if version == "editable" or (Path(self.root) / FILE).is_file():
            return
        commit = commit_of(Path(self.root))
        if not commit:
            return
        with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as file:
            file.write(f"{commit}\n")
        self._file = Path(file.name)
        folder = "toban/app/" if self.target_name == "wheel" else ""
        build_data["force_include"][file.name] = folder + FILE

    def finalize(self, _version: str, _build_data: dict[str, Any], _artifact_path: str) -> None:
        if file := getattr(self, "_file", None):
            file.unlink(missing_ok=True)


def commit_of(root: Path) -> str:
    """The commit of the checkout at `root`; "" without git or outside a checkout."""
    if not (root / ".git").exists():
        return ""
    try:
        commit = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
        # The build packs every file of these folders that the .gitignore does not name, whether or not git knows it.
        others = _git(root, "ls-files", "--others", "--exclude-per-directory=.gitignore", "--", *_PACKED)
        return commit + ("+" if changed or others else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()
