from collections.abc import Iterator

from services.changes.registry import CHANGES
from services.i18n import _
from services.incidents.catalogue import shipped
from services.incidents.signals.registry import BY_ID
from services.inspections.registry import INSPECTIONS
from services.models.causes import CauseSpec
from services.models.incidents import StepKind
from services.models.outages import OutageKind
from services.models.runbook import Runbook
from services.models.runbook_playbooks import LOOKS, Cause, CauseWeights, Playbook, RosterEntry, Step
from services.toml import mistakes
from services.toml.positions import Path

Mistakes = Iterator[tuple[Path, str]]  # (path, message) of each mistake
_CHANGES = frozenset(kind.id for kind in CHANGES)


def looks(runbook: Runbook) -> Mistakes:
    names = [*LOOKS, *_CHANGES, *_inspections(runbook)]
    rows: list[tuple[Path, Step | Cause | CauseSpec]] = [
        (path, step) for path, step, _book in _steps(runbook)
    ]
    rows += [(("causes", place), cause) for place, cause in enumerate(runbook.causes)]
    for index, playbook in enumerate(runbook.playbooks):
        rows += [
            (("playbooks", index, "causes", place), cause) for place, cause in enumerate(playbook.causes)
        ]
    for path, lead in rows:
        if lead.look is not None and lead.look not in names:
            yield (*path, "look"), mistakes.unknown_name(lead.look, names)


def _steps(runbook: Runbook) -> Iterator[tuple[Path, Step, Playbook | None]]:
    for index, playbook in enumerate(runbook.playbooks):
        for place, step in enumerate(playbook.steps):
            yield ("playbooks", index, "steps", place), step, playbook
    for index, procedure in enumerate(runbook.procedures):
        for place, step in enumerate(procedure.steps):
            yield ("procedures", index, "steps", place), step, None


def _inspections(runbook: Runbook) -> list[str]:
    own = (str(inspection.id) for inspection in runbook.inspections)
    return [*(inspection.id for inspection in INSPECTIONS), *own]


def steps(runbook: Runbook) -> Mistakes:
    roles = [person.original("role") for person in (*runbook.contacts, *runbook.approvers)]
    for path, step, playbook in _steps(runbook):
        yield from _kind(step, path, playbook)
        yield from _parts(step, path, roles)


def _kind(step: Step, path: Path, playbook: Playbook | None) -> Mistakes:
    minutes = playbook.wait_minutes if playbook is not None else None
    role = playbook.original("escalate_to") if playbook is not None else ""
    if step.kind is StepKind.CHANGE and step.look not in _CHANGES:
        yield (*path, "kind"), _("a change step needs look with the id of a change")
    elif step.kind is StepKind.WAIT and step.minutes is None and minutes is None:
        yield (*path, "kind"), _("a wait step needs minutes, or wait_minutes of its playbook")
    elif step.kind is StepKind.TELL and not step.original("to") and not role:
        yield (*path, "kind"), _("a tell step needs to, or escalate_to of its playbook")
    elif step.kind is StepKind.LOOK and step.look is None:
        yield (*path, "kind"), _("a look step needs look")


def _parts(step: Step, path: Path, roles: list[str]) -> Mistakes:
    if step.minutes is not None and step.kind is not StepKind.WAIT:
        yield (*path, "minutes"), _('minutes belong to kind = "wait"')
    role = step.original("to")
    if role and role not in roles:
        yield (*path, "to"), mistakes.unknown_name(role, roles)
    elif role and step.kind is not StepKind.TELL:
        yield (*path, "to"), _('to belongs to kind = "tell"')


def causes(runbook: Runbook) -> Mistakes:
    shipped_ids = [str(spec.id) for spec in shipped()]
    ids = [*shipped_ids, *(str(spec.id) for spec in runbook.causes)]
    findings = [*_inspections(runbook), *(f"outage-{kind}" for kind in OutageKind)]
    for index, playbook in enumerate(runbook.playbooks):
        yield from _names(("playbooks", index, "weighs"), playbook.weighs, ids)
        yield from _names(("playbooks", index, "findings"), playbook.findings, findings)
        for place, cause in enumerate(playbook.causes):
            yield from _names(("playbooks", index, "causes", place, "ids"), cause.ids, ids)
    for name, weights in runbook.weights.items():
        if name not in shipped_ids:
            yield ("weights", name), mistakes.unknown_name(name, shipped_ids)
        yield from _signals(("weights", name), weights)


def own_causes(runbook: Runbook) -> Mistakes:
    ids = [str(spec.id) for spec in (*shipped(), *runbook.causes)]
    books = [str(book.id) for book in runbook.playbooks]
    places = ["AWS/ElastiCache", *books, *(str(alarm.name) for alarm in runbook.alarms)]
    text = _("another cause has the same id (one that ships is changed in [weights.{id}])")
    for index, cause in enumerate(runbook.causes):
        path: Path = ("causes", index)
        if cause.id in ids[: len(shipped()) + index]:
            yield (*path, "id"), text.format(id=cause.id)
        yield from _signals(path, cause)
        # A namespace is not checked: any service may have alarms.
        namespaces = [name for name in cause.applies_to if "/" in name]
        for key, names, existing in (
            ("requires", cause.requires, list(BY_ID)),
            ("explains", cause.explains, ids),
            ("playbooks", cause.playbooks, books),
            ("applies_to", cause.applies_to, [*namespaces, *places]),
        ):
            yield from _names((*path, key), names, existing)


def _signals(path: Path, weights: CauseWeights | CauseSpec) -> Mistakes:
    for key, signals in (("present", weights.present), ("absent", weights.absent)):
        for signal in signals:
            if signal not in BY_ID:
                yield (*path, key, signal), mistakes.unknown_name(signal, BY_ID)


def _names(path: Path, names: tuple[str, ...], existing: list[str]) -> Mistakes:
    for place, name in enumerate(names):
        if name not in existing:
            yield (*path, place), mistakes.unknown_name(name, existing)


def roster(runbook: Runbook) -> Mistakes:
    for index, entry in enumerate(runbook.roster):
        if entry.ends < entry.starts:
            yield ("roster", index, "ends"), _("must not be before starts")
    latest: RosterEntry | None = None
    for index, entry in sorted(enumerate(runbook.roster), key=lambda pair: pair[1].starts):
        if latest is not None and entry.starts <= latest.ends:
            text = _("overlaps with {person} from {day}")
            yield ("roster", index, "starts"), text.format(person=latest.person, day=latest.starts)
        if latest is None or entry.ends > latest.ends:
            latest = entry


ALL = (looks, steps, causes, own_causes, roster)
