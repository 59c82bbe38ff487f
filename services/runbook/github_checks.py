import re
from collections.abc import Iterator

from services.i18n import _
from services.models.base import Github
from services.models.iam import RotationProof
from services.models.runbook import Runbook
from services.runbook import name_checks
from services.toml import mistakes
from services.toml.positions import Path

Mistakes = Iterator[tuple[Path, str]]  # (path, message) of each mistake

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_ADDRESS = re.compile(r"(?:https?://[^/]+/|git@[^:]+:)([^/]+/[^/]+?)(?:\.git)?/?")
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_WORKFLOW = re.compile(r"[^/]+\.ya?ml")
_RESERVED = "GITHUB_"  # GitHub refuses secrets whose name begins with it


def github(runbook: Runbook) -> Mistakes:
    spec = runbook.github
    if spec is None:
        return
    users = name_checks.with_names(runbook.access_keys.users if runbook.access_keys else (), name_checks.USER)
    if spec.user not in users and not name_checks.is_address(spec.user):
        yield ("github", "user"), mistakes.unknown_name(spec.user, users)
    yield from _repository(spec)
    yield from _secrets(spec)
    if spec.workflow and not _WORKFLOW.fullmatch(spec.workflow):
        yield ("github", "workflow"), _("must be the workflow's file name without its folder: deploy.yml")


def _repository(spec: Github) -> Mistakes:
    if not _REPOSITORY.fullmatch(spec.repository):
        address = _ADDRESS.fullmatch(spec.repository)
        text = _('must be owner/name, not an address: "{name}"', name=address[1]) if address else ""
        yield ("github", "repository"), text or _("must be owner/name as in the repository's address")
    if spec.organisation and spec.environment:
        yield ("github", "environment"), _("give environment or organisation, not both")
    if not spec.organisation:
        return
    if not _OWNER.fullmatch(spec.organisation):
        yield ("github", "organisation"), _("must be the organisation's name as in its address")
    elif spec.organisation.lower() != spec.repository.split("/")[0].lower():
        text = _("the repository belongs to {owner}, so it gets no secrets of another organisation")
        yield ("github", "organisation"), text.format(owner=spec.repository.split("/")[0])


def _secrets(spec: Github) -> Mistakes:
    for key, name in (("key_id_secret", spec.key_id_secret), ("key_secret", spec.key_secret)):
        if name.startswith(_RESERVED):
            yield ("github", key), _("must not begin with {prefix}", prefix=_RESERVED)
    if spec.key_id_secret == spec.key_secret:
        yield ("github", "key_secret"), _("must differ from key_id_secret: id and secret are two secrets")


def command(runbook: Runbook) -> Mistakes:
    argv = runbook.access_keys.hand_over if runbook.access_keys else ()
    if argv and not argv[0].startswith("/"):
        path: Path = ("access_keys", "hand_over", 0)
        yield path, _("must be the program's absolute path: it is not searched for, and no shell runs it")


def proofs(runbook: Runbook) -> Mistakes:
    for index, duty in enumerate(runbook.duties):
        path: Path = ("duties", index, "proved_by")
        if duty.proved_by and not duty.anchor:
            yield path, _("needs an anchor: only the rotation of an access key is proven")
        elif duty.proved_by and len(duty.proved_by) != len(duty.asks):
            yield path, _("needs one entry for each of the {count} lines of asks", count=len(duty.asks))
        for place, state in enumerate(duty.proved_by):
            if state and state not in list(RotationProof):
                yield (*path, place), mistakes.unknown_name(state, list(RotationProof))


ALL = (github, command, proofs)  # Every check of this file
