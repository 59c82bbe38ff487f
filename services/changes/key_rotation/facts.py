from collections.abc import Iterator
from datetime import datetime, tzinfo

from services.changes.key_rotation.state import KeyState, RotationPhase, RotationState
from services.i18n import N_, _
from services.models.changes import Fact
from services.models.date_text import day_text, zoned_time
from services.models.github import GithubSecret, WorkflowRun

_PHASES = {
    RotationPhase.START: N_("not begun"),
    RotationPhase.UNREAD: N_("not known, as GitHub could not be read"),
    RotationPhase.CREATED: N_("new key created, not handed over yet"),
    RotationPhase.ORPHANED: N_("new key created, its secret is not in this console"),
    RotationPhase.HALF: N_("handed over by half: workflows fail"),
    RotationPhase.HANDED: N_("handed over, not proven yet"),
    RotationPhase.VERIFIED: N_("new key proven to be in use"),
    RotationPhase.DEACTIVATED: N_("old key deactivated"),
}


def phase_text(phase: RotationPhase) -> str:
    return _(_PHASES[phase])


def facts(state: RotationState, zone: tzinfo) -> tuple[Fact, ...]:
    return (
        Fact(name=_("Rotation"), value=phase_text(state.phase)),
        *_keys(state, zone),
        *_github(state, zone),
        *_deletion(state, zone),
    )


def _keys(state: RotationState, zone: tzinfo) -> Iterator[Fact]:
    if not state.keys:
        yield Fact(name=_("Access key"), value=_("none"))
    for key in state.keys:
        name = _("New key") if key is state.new else _("Old key") if state.new else _("Access key")
        created = day_text(key.key.created.astimezone(zone).date(), state.at.astimezone(zone).date())
        note = _("{status}, created {day}", status=key.key.status, day=created)
        yield Fact(name=name, value=key.key.name, note=note)
        yield Fact(name=_("Last used"), value=use_text(key, zone, state.at))


def use_text(key: KeyState, zone: tzinfo, now: datetime) -> str:
    if key.used is None:
        return _("never used")
    return _("{when}: {service}, {region}").format(
        when=zoned_time(key.used, zone, now), service=key.use.service or "-", region=key.use.region or "-"
    )


def _github(state: RotationState, zone: tzinfo) -> Iterator[Fact]:
    if state.github_problem:
        yield Fact(name="GitHub", value=_("not read"), note=state.github_problem)
    if state.github is None:
        return
    for secret in (state.github.key_id, state.github.secret):
        yield Fact(name=secret.name, value=written_text(secret, zone, state.at))
    runs = state.github.runs
    if runs:
        yield Fact(name=_("Newest run"), value=run_text(runs[0], zone, state.at))
    elif state.new is not None:
        yield Fact(name=_("Newest run"), value=_("none since the new key was created"))


def written_text(secret: GithubSecret, zone: tzinfo, now: datetime) -> str:
    if secret.updated_at is None:
        return _("not in GitHub")
    return _("written {when}", when=zoned_time(secret.updated_at, zone, now))


def run_text(run: WorkflowRun, zone: tzinfo, now: datetime) -> str:
    result = run.conclusion if run.completed else _("running")
    return _("#{number}, started {when}: {result}").format(
        number=run.number, when=zoned_time(run.started_at, zone, now), result=result
    )


def _deletion(state: RotationState, zone: tzinfo) -> Iterator[Fact]:
    if state.phase is not RotationPhase.DEACTIVATED:
        return
    since, until = state.deactivated_at, state.deletable_at
    if since is None or until is None:
        yield Fact(name=_("Deactivated"), value=_("not recorded when"))
        return
    yield Fact(name=_("Deactivated"), value=zoned_time(since, zone, state.at))
    yield Fact(name=_("Deletable from"), value=zoned_time(until, zone, state.at))


def remarks(state: RotationState, zone: tzinfo) -> Iterator[str]:
    new = state.new
    if state.phase is RotationPhase.ORPHANED and new is not None:
        yield orphan_text(state, zone)
    if state.phase is RotationPhase.HALF:
        yield half_text(state)
    if state.phase is RotationPhase.HANDED:
        yield from missing_proof(state, zone)
    if state.phase is RotationPhase.CREATED:
        yield _(
            "The secret of the new key is only in the memory of this console: hand it over before closing it."
        )


def orphan_text(state: RotationState, zone: tzinfo) -> str:
    assert state.new is not None
    creator = state.records.created.get(state.new.id)
    if creator is None:
        return _(
            "The journal does not prove that a console created the key {key}: CloudTrail's CreateAccessKey tells who did. "
            "It is not deleted from here.",
            key=state.new.key.name,
        )
    text = _(
        "The secret of the key {key} is not in this console, and AWS shows it once: {origin} Delete it and begin again."
    )
    origin = _("created {when} by {name}; only that console could hand it over, if it still runs.").format(
        when=zoned_time(creator.at, zone, state.at), name=creator.by
    )
    return text.format(key=state.new.key.name, origin=origin)


def half_text(state: RotationState) -> str:
    is_id_only = state.written == (True, False)
    if state.new is not None and state.new.id in state.in_vault:
        return (
            _(
                "GitHub has the new ID with the old secret: workflows fail. Hand the key over again, or restore the old ID."
            )
            if is_id_only
            else _("GitHub has the new secret with the old ID: workflows fail. Hand the key over again.")
        )
    return (
        _(
            "GitHub has the new ID with the old secret: workflows fail. The new secret is not in this console: restore the "
            "old ID, or delete the key and create another."
        )
        if is_id_only
        else _(
            "GitHub has the new secret with the old ID: workflows fail. The new secret is not in this console: delete the "
            "key and create another."
        )
    )


def missing_proof(state: RotationState, zone: tzinfo) -> Iterator[str]:
    handed = state.handed_at
    assert handed is not None
    when = zoned_time(handed, zone, state.at)
    if state.by_github and state.run is None:
        failed = (
            next((run for run in state.github.runs if run.completed and run.started_at >= handed), None)
            if state.github
            else None
        )
        if failed is not None:
            text = _("The workflow run {run} failed: see its log in GitHub.")
            yield text.format(run=run_text(failed, zone, state.at))
        else:
            yield _(
                "No workflow run has succeeded since the hand-over ({when}): start one in GitHub.", when=when
            )
    if state.new_used is None:
        yield _("AWS has not seen the new key in use since the hand-over ({when}).", when=when)
