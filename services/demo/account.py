"""The account of the embedded AWS: its id, its home region, who calls it, which regions are enabled; and ids
that look random and are the same in every process. Source: ListRegions (Account Management API reference)."""

import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

_SHIPPED = ("facility", "123456789012", "役所設備管理システム", "City Hall Facility Management")
SYSTEM, ACCOUNT, *_TITLE = os.environ.get("DEMO_SYSTEM", " ".join(_SHIPPED[:2])).split(maxsplit=2)
"""The first part of its resources' names, and its id; in a demo of several systems, each process has its own."""
REGION = "ap-northeast-1"
CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/FacilityOperator/toban"
"""The identity behind the credentials that a console is started with."""
BY_DEFAULT = (
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
    "us-east-1", "us-east-2", "us-west-1", "us-west-2",
)  # fmt: skip
"""Regions that every account has enabled."""
OPT_IN = ("af-south-1", "ap-east-1", "ap-southeast-4", "eu-south-1", "il-central-1", "me-south-1")
"""Some of the regions that are disabled until somebody opts in."""


def region_statuses(opted_in: Collection[str]) -> dict[str, str]:
    """RegionOptStatus by region name, sorted; `opted_in` are the OPT_IN regions that are enabled."""
    statuses = {name: "ENABLED" if name in opted_in else "DISABLED" for name in OPT_IN}
    return dict(sorted((statuses | dict.fromkeys(BY_DEFAULT, "ENABLED_BY_DEFAULT")).items()))


def own_names(text: str) -> str:
    for shipped, own in zip(_SHIPPED, (SYSTEM, ACCOUNT, *(_TITLE * 2 or _SHIPPED[2:])), strict=True):
        text = text.replace(shipped, own)
    return text


def hash_of(text: str) -> int:
    return int.from_bytes(text.encode(), "big") % (2**121 - 1)


def principal_id(prefix: str, name: str) -> str:
    """The unique id of an IAM principal: `AIDA…` of a user, `AROA…` of a role."""
    return f"{prefix}{hash_of(name) % 10**16:016d}"


def data_of(path: Path) -> Any:
    """The content of a JSON file, with the names of this process's system and account."""
    return json.loads(own_names(path.read_text("utf-8")))


def answer_of(name: str) -> Any:
    """What AWS answers about something that nothing changes, from a file in `answers`."""
    return data_of(Path(__file__).parent / "answers" / f"{name}.json")
