import math
from collections.abc import Iterator

from services.changes.registry import CHANGES
from services.i18n import _
from services.inspections.allow_list import is_network
from services.inspections.registry import INSPECTIONS
from services.models.runbook import Duty, Runbook
from services.models.runbook_inspections import CustomInspection
from services.models.runbook_playbooks import LOOKS
from services.models.text import clean
from services.runbook import name_checks
from services.toml import mistakes
from services.toml.positions import Path

Mistakes = Iterator[tuple[Path, str]]  # (path, message) of each mistake


def duties(runbook: Runbook) -> Mistakes:
    built = {kind.id: kind for kind in INSPECTIONS}
    own = [str(each.id) for each in runbook.inspections]
    for index, duty in enumerate(runbook.duties):
        for place, name in enumerate(duty.inspections):
            path: Path = ("duties", index, "inspections", place)
            if name in own:
                continue
            if name not in built:
                yield path, mistakes.unknown_name(name, [*built, *own])
            elif lacking := built[name].missing_setting(runbook):
                yield path, _("{name} needs {key}, which this runbook does not have", name=name, key=lacking)
        yield from _judged_by(duty, index)
        fields = [str(each.id) for each in duty.evidence]
        for place, name in enumerate(fields):
            if name in fields[:place]:
                message = _('"{name}" appears twice: rename or remove one', name=name)
                yield ("duties", index, "evidence", place, "id"), message
        yield from _measured_by(duty, index)
        yield from _steps(duty, index, [*built, *own])


def _steps(duty: Duty, index: int, inspections: list[str]) -> Mistakes:
    places = [*LOOKS, *(kind.id for kind in CHANGES), *inspections]
    for place, step in enumerate(duty.steps):
        if step.look is not None and step.look not in places:
            yield ("duties", index, "steps", place, "look"), mistakes.unknown_name(step.look, places)


def _measured_by(duty: Duty, index: int) -> Mistakes:
    measured = [f"{kind.id}:{name}" for kind in CHANGES for name in kind.measures]
    for place, field in enumerate(duty.evidence):
        if field.measured_by and field.measured_by not in measured:
            path: Path = ("duties", index, "evidence", place, "measured_by")
            yield path, mistakes.unknown_name(field.measured_by, measured)


def _judged_by(duty: Duty, index: int) -> Mistakes:
    if duty.judged_by and len(duty.judged_by) != len(duty.asks):
        text = _("needs one entry for each of the {count} lines of asks")
        yield ("duties", index, "judged_by"), text.format(count=len(duty.asks))
    for place, source in enumerate(duty.judged_by):
        inspection = source.partition(":")[0]
        if inspection and inspection not in duty.inspections:
            text = _('"{name}" is not an inspection of this duty')
            yield ("duties", index, "judged_by", place), text.format(name=clean(inspection))


def own(runbook: Runbook) -> Mistakes:
    ids = {kind.id for kind in INSPECTIONS}
    groups = name_checks.with_names((group.id for group in runbook.log_groups), name_checks.LOG_GROUP)
    for index, inspection in enumerate(runbook.inspections):
        path: Path = ("inspections", index)
        if inspection.id in ids:
            message = _('"{name}" appears twice: rename or remove one', name=inspection.id)
            yield (*path, "id"), message
        ids.add(inspection.id)
        if (inspection.below is None) == (inspection.above is None):
            yield path, _("give exactly one of below and above")
        for key, value in (
            ("below", inspection.below),
            ("above", inspection.above),
            ("scale", inspection.scale),
        ):
            if value is not None and not math.isfinite(value):
                yield (*path, key), _("must be a finite number")
        for key in _lacking(inspection):
            yield (
                path,
                _("{key} is missing: an inspection of kind {kind} needs it", key=key, kind=inspection.kind),
            )
        if (
            inspection.log_group
            and inspection.log_group not in groups
            and not name_checks.is_address(inspection.log_group)
        ):
            yield (*path, "log_group"), mistakes.unknown_name(inspection.log_group, groups)


def _lacking(inspection: CustomInspection) -> list[str]:
    keys = ("namespace", "metric") if inspection.kind == "metric" else ("log_group", "query")
    return [key for key in keys if not getattr(inspection, key)]


def networks_and_hours(runbook: Runbook) -> Mistakes:
    for index, network in enumerate(runbook.trail.known_networks if runbook.trail else ()):
        if not is_network(network):
            yield (
                ("trail", "known_networks", index),
                _("must be an address or a network such as 203.0.113.0/28"),
            )
    if runbook.closures.opens >= runbook.closures.closes:
        yield ("closures", "closes"), _("must be later than opens")


ALL = (duties, own, networks_and_hours)  # Every check of this file
