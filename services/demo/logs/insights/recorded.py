"""All of it is in `recorded.json`. The tables say of themselves that they are recorded."""

import json
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from services.demo.account import ACCOUNT, own_names
from services.demo.logs.insights.run import Outcome
from services.demo.scenario import ScenarioRun

_WEEK = 604_800_000
MOST = 10_000
"""Rows that PPL and SQL give at most."""


@cache
def _recorded() -> dict[str, Any]:
    return dict(json.loads(own_names(Path(__file__).with_name("recorded.json").read_text("utf-8"))))


def recorded_outcome(language: str, most: int) -> Outcome:
    table = _recorded()["tables"][language]
    rows = [
        [{"field": name, "value": value} for name, value in zip(table["columns"], values, strict=True)]
        for values in table["rows"][: min(most, MOST)]
    ]
    scanned = table["scanned"]
    return Outcome(rows, len(rows), scanned["records"], scanned["bytes"])


def definitions(run: ScenarioRun) -> list[dict[str, Any]]:
    at = int(run.began.timestamp() * 1000)
    return [
        row | {"queryDefinitionId": _identity(0xD, place), "lastModified": at - (place + 1) * _WEEK}
        for place, row in enumerate(_recorded()["definitions"])
    ]


def history(run: ScenarioRun) -> list[dict[str, Any]]:
    """Queries that others ran before the world began, newest first."""
    at = int(run.began.timestamp() * 1000)
    rows = []
    for place, row in enumerate(_recorded()["history"]):
        query = {name: value for name, value in row.items() if name not in ("minutes", "user")}
        query |= {"queryId": _identity(0xE, place), "createTime": at - row["minutes"] * 60_000}
        rows.append(query | {"userIdentity": f"arn:aws:sts::{ACCOUNT}:assumed-role/{row['user']}"})
    return rows


def _identity(kind: int, place: int) -> str:
    return str(UUID(int=(kind << 124) + (0x4000 << 64) + (0x8000 << 48) + place))
