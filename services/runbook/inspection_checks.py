"""What a runbook's inspections must be: they exist, the system has what they look at, their limits can be judged."""

import math
from collections.abc import Iterator

from services.i18n import _
from services.inspections.known import is_network
from services.inspections.registry import INSPECTIONS
from services.models.runbook import Runbook
from services.models.runbook_looks import CustomInspection
from services.runbook import name_checks
from services.toml import mistakes as words
from services.toml.positions import Path

Mistakes = Iterator[tuple[Path, str]]


def duties(book: Runbook) -> Mistakes:
    """Each duty's inspections exist, and this system has what they look at."""
    built = {kind.id: kind for kind in INSPECTIONS}
    own = [str(each.id) for each in book.inspections]
    for index, duty in enumerate(book.duties):
        for place, name in enumerate(duty.inspections):
            path: Path = ("duties", index, "inspections", place)
            if name in own:
                continue
            if name not in built:
                yield path, words.unknown(name, [*built, *own])
            elif lacking := built[name].missing_setting(book):
                said = _("{name} needs {key}, which this runbook does not have")
                yield path, said.format(name=name, key=lacking)
        fields = [str(each.id) for each in duty.evidence]
        for place, name in enumerate(fields):
            if name in fields[:place]:
                said = _('"{name}" appears twice: rename or remove one').format(name=name)
                yield ("duties", index, "evidence", place, "id"), said


def own(book: Runbook) -> Mistakes:
    """Looks of the runbook's own: a name of their own, what they read, exactly one limit."""
    taken = {kind.id for kind in INSPECTIONS}
    groups = name_checks.with_names((group.id for group in book.log_groups), name_checks.LOG_GROUP)
    for index, each in enumerate(book.inspections):
        path: Path = ("inspections", index)
        if each.id in taken:
            said = _('"{name}" appears twice: rename or remove one').format(name=each.id)
            yield (*path, "id"), said
        taken.add(each.id)
        if (each.below is None) == (each.above is None):
            yield path, _("give exactly one of below and above")
        for key, value in (("below", each.below), ("above", each.above), ("scale", each.scale)):
            if value is not None and not math.isfinite(value):
                yield (*path, key), _("must be a finite number")
        for key in _lacking(each):
            yield (
                path,
                _("{key} is missing: an inspection of kind {kind} needs it").format(key=key, kind=each.kind),
            )
        if each.log_group and each.log_group not in groups and not name_checks.is_address(each.log_group):
            yield (*path, "log_group"), words.unknown(each.log_group, groups)


def _lacking(each: CustomInspection) -> list[str]:
    wanted = ("namespace", "metric") if each.kind == "metric" else ("log_group", "query")
    return [key for key in wanted if not getattr(each, key)]


def known(book: Runbook) -> Mistakes:
    """Known networks are networks, and city hall opens before it closes."""
    for index, network in enumerate(book.trail.known_networks if book.trail else ()):
        if not is_network(network):
            yield (
                ("trail", "known_networks", index),
                _("must be an address or a network such as 203.0.113.0/28"),
            )
    if book.closures.opens >= book.closures.closes:
        yield ("closures", "closes"), _("must be later than opens")


ALL = (duties, own, known)
"""Every check of this file."""
