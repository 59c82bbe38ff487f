"""`file`: a configuration of the test's own."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty configuration of our own; no real settings leak in."""
    for name in list(os.environ):
        if name.upper().startswith("TOBAN_"):
            monkeypatch.delenv(name)
    path = tmp_path / "config.toml"
    monkeypatch.setenv("TOBAN_CONFIG", str(path))
    return path
