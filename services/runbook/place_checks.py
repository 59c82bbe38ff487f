from collections.abc import Iterator

from pydantic import BaseModel

from services.i18n import _
from services.models.base import RawId
from services.models.runbook import Runbook
from services.models.text import UNSAFE
from services.toml import mistakes
from services.toml.positions import Path

Mistakes = Iterator[tuple[Path, str]]  # (path, message) of each mistake

REGIONS = (
    *("af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
    *("ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4"),
    *("ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "cn-north-1"),
    *("cn-northwest-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2"),
    *("eu-west-1", "eu-west-2", "eu-west-3", "eu-isoe-west-1", "eusc-de-east-1", "il-central-1"),
    *("me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2"),
    *("us-gov-east-1", "us-gov-west-1", "us-iso-east-1", "us-iso-west-1", "us-isob-east-1", "us-isob-west-1"),
    *("us-isof-east-1", "us-isof-south-1", "us-west-1", "us-west-2"),
)
"""Regions of all partitions. AWS adds regions, so other numbers in a listed area are accepted too."""
_AREAS = frozenset(name.rpartition("-")[0] for name in REGIONS)


def visible(runbook: Runbook) -> Mistakes:
    for path, value in _texts_in(runbook, ()):
        unsafe = (
            None if isinstance(value, RawId) else UNSAFE.search(value.replace("\n", "").replace("\t", ""))
        )
        if unsafe:
            text = _("contains an invisible character: {character}; write the text again")
            yield path, text.format(character=f"U+{ord(unsafe[0]):04X}")


def _texts_in(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, BaseModel):
        for key in type(value).model_fields:
            yield from _texts_in(getattr(value, key), (*path, key))
    elif isinstance(value, tuple):
        for index, element in enumerate(value):
            yield from _texts_in(element, (*path, index))
    elif isinstance(value, str):
        yield path, value


def regions(runbook: Runbook) -> Mistakes:
    """Regions lie in an area (such as `ap-northeast`) where AWS has regions."""
    named: list[tuple[Path, str]] = [(("system", "region"), runbook.system.region)]
    if runbook.trail:
        named.append((("trail", "global_region"), runbook.trail.global_region))
        named += [
            (("trail", "sign_in_regions", index), name)
            for index, name in enumerate(runbook.trail.sign_in_regions)
        ]
    named += [
        (("inspections", index, "region"), own.region)
        for index, own in enumerate(runbook.inspections)
        if own.region
    ]
    if runbook.disaster:
        named.append((("disaster", "region"), runbook.disaster.region))
    for path, name in named:
        area, _dash, number = name.rpartition("-")
        if area not in _AREAS or number.startswith("0"):
            hint = mistakes.suggestion(name, REGIONS) or _("names look like ap-northeast-1")
            yield path, f"{_('AWS has no such region')}: {hint}"


ALL = (visible, regions)  # Every check of this file
