"""The application's log stays as its developers wrote it."""

import json
from pathlib import Path
from typing import Any

_ENGLISH: dict[str, str] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
"""By the Japanese text."""


def in_language(value: Any, language: str) -> Any:
    if language != "en":
        return value
    if isinstance(value, dict):
        return {key: in_language(each, language) for key, each in value.items()}
    if isinstance(value, list):
        return [in_language(each, language) for each in value]
    return _ENGLISH.get(value, value) if isinstance(value, str) else value
