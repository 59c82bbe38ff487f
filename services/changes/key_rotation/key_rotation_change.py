"""Rotation of an IAM user's access key (runbook: 定期メンテナンス 3). A state machine over days: what is done next
follows from AWS, GitHub and the journal, read anew for every plan, so that it survives restarts and
hand-overs between operators. Source: CreateAccessKey, UpdateAccessKey, DeleteAccessKey, GetAccessKeyLastUsed
(IAM API reference); "Rotating access keys" (IAM user guide)."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.aws.client.errors import AwsError
from services.aws.client.secret import Secret
from services.aws.client.writer import Transport
from services.aws.iam.access_keys import AccessKeys
from services.changes.base import Change, ChangeContext
from services.changes.change_wording import problem_text
from services.changes.guarantees import Guarantees
from services.changes.key_rotation import steps
from services.changes.key_rotation.facts import facts, missing_proof, phase_text, remarks
from services.changes.key_rotation.hand_over import KeyHandOver, KeyVault
from services.changes.key_rotation.judgement import downtime, refusals, warnings
from services.changes.key_rotation.options import RotationStep, options, title
from services.changes.key_rotation.records import CREATED, DELETE, HAND_OVER, PUT_SECRET, UPDATE, records_of
from services.changes.key_rotation.state import GithubState, KeyState, RotationPhase, RotationState
from services.changes.kind import ChangeKind
from services.github.connection import GithubConnection
from services.github.scope import runs_path, scope_path
from services.github.settings import GithubSettings, unset
from services.i18n import _, sentences
from services.models.aws_cli import CliCommand
from services.models.base import Github, RawId
from services.models.changes import ChangeTarget, Danger, LiveState, Observation, Parameter, Plan, PlannedStep
from services.models.cloudtrail import TrailEvent
from services.models.github import GithubSecret
from services.models.iam import USER, AccessKey, user_target
from services.models.text import clean
from services.models.watches import Progress, Watch, WatchState

BEFORE = timedelta(days=1)
"""How long before the new key's creation runs are read: one under way explains a late use of the old key."""


class RotationReads:
    def __init__(self, context: ChangeContext, vault: KeyVault, github: GithubConnection) -> None:
        self._context = context
        self._keys = AccessKeys(context.reader)
        self._vault = vault
        self._github = github

    async def state(self, user: str) -> RotationState:
        """The state now; a failure of GitHub becomes `github_problem`. Raises AwsError."""
        context = self._context
        keys = tuple([await self._used(key) for key in await self._keys.keys((user,))])
        settings = context.runbook.access_keys
        assert settings is not None, "without users there are no targets"
        state = RotationState(
            at=context.clock.now(),
            user=user,
            keys=keys,
            records=records_of(context.runs(), user),
            in_vault=self._vault.keys,
            delete_after=timedelta(days=settings.delete_after_days),
        )
        spec = self.github_of(user)
        if spec is None:
            return state
        try:
            return replace(state, github=await self._github_state(spec, state))
        except AwsError as error:
            return replace(state, github_problem=problem_text(error.problem))

    async def keys(self, user: str) -> tuple[AccessKey, ...]:
        """The user's keys, oldest first. Raises AwsError."""
        return await self._keys.keys((user,))

    async def used(self, key: AccessKey | None) -> datetime | None:
        return (await self._keys.used(key)).at if key is not None else None

    async def secret(self, user: str, name: str) -> GithubSecret:
        """When one of GitHub's secrets was last written. Raises AwsError."""
        spec = self.github_of(user)
        assert spec is not None, "planned for GitHub"
        client = await self._github.client()
        return await client.secret(scope_path(spec), name)

    def github_of(self, user: str) -> Github | None:
        spec = self._context.runbook.github
        return spec if spec is not None and spec.user == user else None

    async def _used(self, key: AccessKey) -> KeyState:
        return KeyState(key, await self._keys.used(key))

    async def _github_state(self, spec: Github, state: RotationState) -> GithubState:
        client, scope = await self._github.client(), scope_path(spec)
        since = (state.new.key.created if state.new else state.at) - BEFORE
        key_id, secret, runs = await asyncio.gather(
            client.secret(scope, spec.key_id_secret),
            client.secret(scope, spec.key_secret),
            client.runs(runs_path(spec), since),
        )
        return GithubState(key_id, secret, runs)


STEP = "step"
WATCH_SECONDS = 60.0  # Real seconds between looks for the proof of a hand-over
WATCH_FOR = timedelta(days=3)
"""How long a proof is waited for: the operator starts a workflow, or the next scheduled one runs."""
_BACK = {RotationStep.DEACTIVATE: RotationStep.REACTIVATE, RotationStep.REACTIVATE: RotationStep.DEACTIVATE}
"""The step that undoes a step."""
_FINAL = frozenset({RotationStep.DELETE, RotationStep.DISCARD})  # Steps without a way back


class KeyRotation(Change):
    calls = (
        "github:PutSecret",
        "iam:CreateAccessKey",
        "iam:DeleteAccessKey",
        "iam:GetAccessKeyLastUsed",
        "iam:ListAccessKeys",
        "iam:UpdateAccessKey",
    )
    guarantees = Guarantees(
        proof="ListAccessKeys: AccessKeyId, Status; GitHub tells of no author",
        traceable=frozenset({"DeleteAccessKey", "PutSecret"}),
        settles="a workflow ran after the secrets were written, and GetAccessKeyLastUsed shows the new key",
    )

    def __init__(self, kind: ChangeKind, context: ChangeContext) -> None:
        super().__init__(kind, context)
        self.vault = KeyVault()
        self._handed: set[str] = set()
        """Targets whose key this console has handed over to a command or a person, as nothing else shows it."""
        settings = context.github or GithubSettings(why=unset())
        github = GithubConnection(settings, context.clock)
        self._reads = RotationReads(context, self.vault, github)
        self._hand_over = KeyHandOver(self.vault, github, context.clock)

    def targets(self) -> tuple[ChangeTarget, ...]:
        settings = self.context.runbook.access_keys
        users = settings.users if settings is not None else ()
        return tuple(ChangeTarget(id=RawId(user_target(user)), title=user) for user in users)

    async def keys(self, user: str) -> tuple[AccessKey, ...]:
        """A user's keys, oldest first. Raises AwsError."""
        return await self._reads.keys(user)

    async def read_target(self, target: ChangeTarget) -> LiveState:
        state, zone = await self._state(target), self.context.zone
        with self.written_on(state.at):
            return self.live(target, state.at, facts(state, zone), remarks(state, zone))

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        state = await self._state(target)
        offered = options(state, self.context.runbook)
        return (
            Parameter(
                id=STEP,
                title=_("Step"),
                kind="choice",
                default=next(iter(offered), ""),
                choices=tuple((step, title(step)) for step in offered),
                why=phase_text(state.phase),
                help=_("What AWS and GitHub show now decides which steps are possible."),
            ),
        )

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        state = await self._state(target)
        with self.written_on(state.at):
            return self.plan_on(target, parameters, state, id)

    def plan_on(
        self, target: ChangeTarget, parameters: Mapping[str, str], state: RotationState, id: str
    ) -> Plan:
        runbook, zone = self.context.runbook, self.context.zone
        offered = options(state, runbook)
        typed = parameters.get(STEP, next(iter(offered), RotationStep.DISCARD))
        if typed not in list(RotationStep):
            text = _("There is no step “{text}”; possible: {steps}.")
            names = _(", ").join(offered)
            return self.refused(
                target, parameters, (text.format(text=clean(typed), steps=names),), id=id, read_at=state.at
            )
        step = RotationStep(typed)
        refused = refusals(step, state, runbook, zone)
        if refused:
            return self.refused(target, {STEP: step}, refused, id=id, read_at=state.at)
        return self.planned(
            target,
            {STEP: step},
            self._steps(step, target, state),
            title=title(step),
            id=id,
            read_at=state.at,
            danger=Danger.DANGEROUS if step in _FINAL else Danger.CAREFUL,
            warnings=warnings(step, state, zone),
            downtime=downtime(step, state),
            cost=_("None"),
            reversible=_reversible(step, state),
            watch=self._watch(step, state),
        )

    async def observe(self, step: PlannedStep) -> Observation:
        context, params = self.context, step.call.params
        user = str(step.target).removeprefix(USER)
        if step.call.operation == PUT_SECRET:
            secret = await self._reads.secret(user, params["SecretName"])
            return steps.observed_secret(step, secret, context.zone, context.clock.now())
        keys = await self._reads.keys(user)
        if step.id == RotationStep.CREATE:
            return steps.observed_creation(step, keys)
        key = next((key for key in keys if key.id == params["AccessKeyId"]), None)
        if step.call.operation == HAND_OVER:
            is_held = params["AccessKeyId"] in self.vault.keys and key is not None and key.active
            return steps.observed_hand_over(step, is_held=is_held, is_handed=str(step.target) in self._handed)
        used = await self._reads.used(key)
        if step.call.operation == UPDATE:
            return steps.observed_status(step, key, used)
        return steps.observed_deletion(step, key, used)

    def transport(self, step: PlannedStep) -> Transport | None:
        return self._hand_over if step.call.service in (steps.GITHUB, steps.LOCAL) else None

    def answered(self, plan: Plan, step: PlannedStep, answer: Mapping[str, Any]) -> dict[str, str]:
        if step.id == RotationStep.CREATE:
            key = answer["AccessKey"]
            id, secret = str(key.get("AccessKeyId") or ""), str(key.get("SecretAccessKey") or "")
            if id and secret:
                self.vault.keep(id, Secret(secret))
            return {CREATED: clean(id)}
        if step.call.operation == HAND_OVER:
            self._handed.add(str(step.target))
        if step.call.operation == DELETE:
            self.vault.forget(step.call.params["AccessKeyId"])
        return {}

    def traced(self, step: PlannedStep, event: TrailEvent) -> dict[str, str]:
        return {CREATED: str(event.products[0])} if step.id == RotationStep.CREATE and event.products else {}

    async def progress(self, plan: Plan, answers: Mapping[str, Mapping[str, str]]) -> Progress:
        state, zone = await self._state(plan.target), self.context.zone
        with self.written_on(state.at):
            if state.phase in (RotationPhase.HANDED, RotationPhase.UNREAD):
                text = state.github_problem or sentences(*missing_proof(state, zone))
                return Progress(state=WatchState.RUNNING, text=text)
            is_proven = state.phase in (RotationPhase.VERIFIED, RotationPhase.DEACTIVATED)
            # Deactivating the old key took the proof; since then that key may have been deleted.
            handed = {step.call.params["AccessKeyId"] for step in plan.steps}
            if {key.id for key in state.keys} == handed and state.records.deactivated:
                is_proven = max(done.at for done in state.records.deactivated.values()) >= plan.made_at
            text = _("The rotation is: {phase}.", phase=phase_text(state.phase))
            return Progress(state=WatchState.DONE if is_proven else WatchState.FAILED, text=text)

    def _watch(self, step: RotationStep, state: RotationState) -> Watch | None:
        if step not in (RotationStep.GITHUB, RotationStep.COMMAND, RotationStep.REVEAL):
            return None
        return Watch(
            ends_when=_("a workflow has run and AWS has seen the new key in use")
            if step is RotationStep.GITHUB
            else _("AWS has seen the new key in use"),
            every=WATCH_SECONDS,
            gives_up_at=state.at + WATCH_FOR,
        )

    async def outcome(self, plan: Plan) -> str:
        if plan.wish.get(STEP) == RotationStep.DELETE:
            return _("The rotation is complete.")
        return _("The rotation is: {phase}.", phase=phase_text((await self._state(plan.target)).phase))

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        from services.changes.key_rotation.key_rotation_cli_commands import commands_of

        return commands_of(plan)

    def lost_at_end(self) -> str:
        if not self.vault.keys:
            return ""
        text = _("The secret of {keys} is only in this console's memory: hand it over first.")
        return text.format(keys=_(", ").join(sorted(self.vault.keys)))

    def revert_parameters(self, plan: Plan) -> dict[str, str]:
        back = _BACK.get(RotationStep(plan.wish[STEP])) if plan.wish.get(STEP) in list(RotationStep) else None
        return {STEP: back} if back else {}

    def _steps(self, step: RotationStep, target: ChangeTarget, state: RotationState) -> Sequence[PlannedStep]:
        context, old, new = self.context, state.old, state.new
        if step is RotationStep.CREATE:
            return (steps.create(context, target, state),)
        if step in (RotationStep.DEACTIVATE, RotationStep.REACTIVATE):
            return (steps.set_status(context, step, target, state, _given(old)),)
        if step in _FINAL:
            key = _given(old if step is RotationStep.DELETE else new)
            return (steps.delete(context, step, target, state, key),)
        spec = self._reads.github_of(state.user)
        if step is RotationStep.RESTORE_ID and spec is not None:
            return (steps.restore_id(context, target, state, spec),)
        if step is RotationStep.GITHUB and spec is not None:
            return steps.write_secrets(context, target, state, spec)
        settings = context.runbook.access_keys
        command = settings.hand_over if settings is not None else ()
        return (steps.hand_over(context, step, target, state, _given(new), command),)

    async def _state(self, target: ChangeTarget) -> RotationState:
        return await self.state(str(target.id).removeprefix(USER))

    async def state(self, user: str) -> RotationState:
        """How far the rotation of a user's key is. Raises AwsError."""
        state = await self._reads.state(user)
        if state.verified and state.new is not None:
            # Nobody needs it any more.
            self.vault.forget(state.new.id)
        return state


def _given(key: KeyState | None) -> KeyState:
    assert key is not None, "only offered with such a key"
    return key


def _reversible(step: RotationStep, state: RotationState) -> str:
    if step in _FINAL:
        return _("No: AWS keeps nothing of a deleted key.")
    if step is RotationStep.CREATE:
        return _("Yes: the new key can be deleted while nothing uses it.")
    if step is RotationStep.DEACTIVATE:
        return _("Yes: it can be activated again until it is deleted ({days} days at least).").format(
            days=state.delete_after.days
        )
    if step is RotationStep.REACTIVATE:
        return _("Yes: it can be deactivated again.")
    return _("No: what is overwritten or shown is gone; another key can be created.")
