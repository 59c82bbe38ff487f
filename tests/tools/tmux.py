"""A tmux server of a test's own."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


class Tmux:
    """A server without anybody's configuration; use as a context manager, whose end ends it."""

    def __init__(self, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self.socket = folder / "tmux"
        self._env = env

    def __enter__(self) -> "Tmux":
        return self

    def __exit__(self, *_error: object) -> None:
        self.run("kill-server")

    def start(self, width: int, height: int, *command: str) -> None:
        """A first session of this size that runs `command`, without an attached client."""
        self.run("-f", os.devnull, "new-session", "-d", "-x", str(width), "-y", str(height), *command)

    def run(self, *command: str) -> str:
        """What a tmux command prints."""
        done = subprocess.run(
            ["tmux", "-S", str(self.socket), *command], capture_output=True, check=True, env=self._env
        )
        return done.stdout.decode()
