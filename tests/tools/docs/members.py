"""The committed table of what readers keep: what is judged, and what is only read, with the reasons."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.tools.docs.markdown import table as markdown_table
from tests.tools.docs.words import Texts

TABLE = Path(__file__).parent / "members.toml"
_HEADS = {"en": ("Why it is not judged", "Read"), "ja": ("判定しない理由", "読むもの")}


def table() -> dict[str, Any]:
    """`judged`: fields by model; `listed`: groups with a reason in both languages and their fields by model."""
    return tomllib.loads(TABLE.read_text("utf-8"))


def judged() -> set[str]:
    """What changes a verdict or a sentence."""
    return set(_names(table()["judged"]))


def listed() -> list[str]:
    """What is read and not judged."""
    return [name for group in table()["listed"] for name in _names(group["members"])]


def _names(models: dict[str, list[str]]) -> Iterator[str]:
    return (f"{model}.{field}" for model, fields in models.items() for field in fields)


def read_not_judged(texts: Texts) -> Iterator[str]:
    """Each reason with what it holds for."""
    rows = [
        (
            group[texts.language],
            ", ".join(f"`{model}`: {', '.join(fields)}" for model, fields in group["members"].items()),
        )
        for group in table()["listed"]
    ]
    yield from markdown_table(_HEADS[texts.language], rows)
