"""Writes a configuration as a person does: for the owner alone."""

from pathlib import Path


def write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    path.chmod(0o600)
