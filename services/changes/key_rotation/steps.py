"""The requests of a rotation, and their comparison with what AWS and GitHub show. Pure. Source:
CreateAccessKey, UpdateAccessKey, DeleteAccessKey (IAM API reference); "Create or update a repository secret"
(GitHub REST API). A request names the key whose id or secret is to be written; neither is part of it."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from services.aws.iam.access_keys import REGION
from services.changes.base import ChangeContext, observed
from services.changes.key_rotation.facts import written_text
from services.changes.key_rotation.options import RotationStep, title
from services.changes.key_rotation.records import CREATE, DELETE, HAND_OVER, ID, PUT_SECRET, SECRET, UPDATE
from services.changes.key_rotation.state import KeyState, RotationState
from services.github.scope import scope_path
from services.i18n import _
from services.models.base import Github
from services.models.canonical import canonical, digest
from services.models.changes import ChangeTarget, Observation, PlannedStep, Row
from services.models.github import GithubSecret
from services.models.iam import AccessKey

GITHUB, LOCAL = "github", "toban"
"""Services of the requests that do not go to AWS: to GitHub, and to a command or the screen of this machine."""
WRITE_ID, WRITE_SECRET = "write-id", "write-secret"
"""Step ids of the two secrets. The id is first: with the id alone, the old one can be restored without any secret."""
ACTIVE, INACTIVE = "Active", "Inactive"


def create(context: ChangeContext, target: ChangeTarget, state: RotationState) -> PlannedStep:
    ids = [key.id for key in state.keys]
    count = len(ids)
    planned = context.step(
        RotationStep.CREATE,
        title(RotationStep.CREATE),
        target,
        ("iam", CREATE, {"UserName": state.user}),
        rows=(Row(name=_("Access keys"), before=str(count), after=str(count + 1)),),
        expects=digest(ids),
        required=("AccessKey",),
        before=canonical(ids),
    )
    return _sent_to(REGION, planned)


def set_status(
    context: ChangeContext, step: RotationStep, target: ChangeTarget, state: RotationState, key: KeyState
) -> PlannedStep:
    status = INACTIVE if step is RotationStep.DEACTIVATE else ACTIVE
    params = {"UserName": state.user, "AccessKeyId": key.id, "Status": status}
    planned = context.step(
        step,
        title(step),
        target,
        ("iam", UPDATE, params),
        rows=(Row(name=key.key.name, before=key.key.status, after=status),),
        expects=status_digest(key.key, key.used),
        before=key.key.status,
    )
    return _sent_to(REGION, planned)


def delete(
    context: ChangeContext, step: RotationStep, target: ChangeTarget, state: RotationState, key: KeyState
) -> PlannedStep:
    planned = context.step(
        step,
        title(step),
        target,
        ("iam", DELETE, {"UserName": state.user, "AccessKeyId": key.id}),
        rows=(Row(name=key.key.name, before=key.key.status, after=_("deleted")),),
        expects=status_digest(key.key, key.used),
        before=key.key.status,
    )
    return _sent_to(REGION, planned)


def write_secrets(
    context: ChangeContext, target: ChangeTarget, state: RotationState, spec: Github
) -> tuple[PlannedStep, ...]:
    """Writes both secrets of GitHub Actions, the id first."""
    github, new = state.github, state.new
    assert github is not None
    assert new is not None
    return (
        _put(context, WRITE_ID, target, state, spec, github.key_id, new.id, ID),
        _put(context, WRITE_SECRET, target, state, spec, github.secret, new.id, SECRET),
    )


def restore_id(
    context: ChangeContext, target: ChangeTarget, state: RotationState, spec: Github
) -> PlannedStep:
    github, old = state.github, state.old
    assert github is not None
    assert old is not None
    return _put(context, RotationStep.RESTORE_ID, target, state, spec, github.key_id, old.id, ID)


def _put(
    context: ChangeContext,
    id: str,
    target: ChangeTarget,
    state: RotationState,
    spec: Github,
    secret: GithubSecret,
    key: str,
    part: str,
) -> PlannedStep:
    params: dict[str, object] = {
        "Scope": scope_path(spec),
        "SecretName": secret.name,
        "AccessKeyId": key,
        "Value": part,
    }
    if spec.organisation:
        # A request without them would be refused, or would take the secret from the other repositories.
        params["Visibility"] = secret.visibility or "private"
        if secret.repositories:
            params["Repositories"] = list(secret.repositories)
    value = _("the ID {key}") if part == ID else _("the secret of {key}")
    step = context.step(
        id,
        _("Write {secret} in GitHub", secret=secret.name),
        target,
        (GITHUB, PUT_SECRET, params),
        rows=(
            Row(
                name=secret.name,
                before=written_text(secret, context.zone, state.at),
                after=value.format(key=key),
            ),
        ),
        expects=secret_digest(secret),
        required=(PUT_SECRET,),
        before=_iso(secret.updated_at),
    )
    return _sent_to("", step)


def hand_over(
    context: ChangeContext,
    step: RotationStep,
    target: ChangeTarget,
    state: RotationState,
    key: KeyState,
    command: Sequence[str],
) -> PlannedStep:
    params: dict[str, object] = {"UserName": state.user, "AccessKeyId": key.id}
    if step is RotationStep.COMMAND:
        params["Command"] = list(command)
    after = command[0] if step is RotationStep.COMMAND else _("shown on this screen, while a key is held")
    planned = context.step(
        step,
        title(step),
        target,
        (LOCAL, HAND_OVER, params),
        rows=(Row(name=key.key.name, before=_("in this console"), after=after),),
        expects=digest([key.id, True]),
        required=(HAND_OVER,),
    )
    return _sent_to("", planned)


def _sent_to(region: str, step: PlannedStep) -> PlannedStep:
    """The step with its request sent to a region; "" for one that has none."""
    return step.model_copy(update={"call": step.call.model_copy(update={"region": region})})


# ---- what AWS and GitHub show


def status_digest(key: AccessKey | None, used: datetime | None) -> str:
    return digest(None if key is None else [str(key.id), key.status, _iso(used)])


def secret_digest(secret: GithubSecret) -> str:
    return digest([secret.name, _iso(secret.updated_at)])


def observed_creation(step: PlannedStep, keys: Sequence[AccessKey]) -> Observation:
    """Whether there is a key that was not there before; its secret is in no answer any more."""
    ids = [str(key.id) for key in keys]
    added = [id for id in ids if id not in step.before]
    text = _("Access keys: {keys}.", keys=_(", ").join(ids) or _("none"))
    if added:
        text = _("There is a key that was not there before: {keys}.", keys=_(", ").join(added))
    now = digest(ids)
    return observed(now, text, after=bool(added), before=now == step.expects)


def observed_status(step: PlannedStep, key: AccessKey | None, used: datetime | None) -> Observation:
    status, now = step.call.params["Status"], status_digest(key, used)
    if key is None:
        return observed(now, _gone(step), after=False, before=False)
    text = _("The key {key} is {status}.", key=key.name, status=key.status)
    return observed(now, text, after=key.status == status, before=key.status == step.before)


def observed_deletion(step: PlannedStep, key: AccessKey | None, used: datetime | None) -> Observation:
    now = status_digest(key, used)
    if key is None:
        return observed(now, _gone(step), after=True, before=False)
    text = _("The key {key} is {status}.", key=key.name, status=key.status)
    return observed(now, text, after=False, before=key.status == step.before)


def observed_secret(step: PlannedStep, secret: GithubSecret, zone: tzinfo, now: datetime) -> Observation:
    updated, digested = _iso(secret.updated_at), secret_digest(secret)
    text = _("{secret}: {written}.", secret=secret.name, written=written_text(secret, zone, now))
    return observed(digested, text, after=updated > step.before, before=updated == step.before)


def observed_hand_over(step: PlannedStep, *, is_held: bool, is_handed: bool) -> Observation:
    key = step.call.params["AccessKeyId"]
    if is_handed:
        text = _("This console handed the key {key} over.")
    elif is_held:
        text = _("This console holds the secret of {key}.")
    else:
        text = _("This console does not hold the secret of {key}.")
    return observed(digest([key, is_held]), text.format(key=key), after=is_handed, before=False)


def _gone(step: PlannedStep) -> str:
    return _("There is no key {key}.", key=step.call.params["AccessKeyId"])


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""
