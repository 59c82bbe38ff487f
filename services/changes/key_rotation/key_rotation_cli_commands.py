"""The rotation's requests to AWS by hand, and how to see that they took effect. GitHub has no `aws` command."""

from collections.abc import Iterator

from services.aws.iam.access_keys import REGION
from services.aws_cli.calls import call
from services.aws_cli.plans import requests_of
from services.changes.key_rotation.records import CREATE, DELETE
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import Plan
from services.models.iam import USER


def commands_of(plan: Plan) -> Iterator[CliCommand]:
    for step, command in zip(plan.steps, requests_of(plan), strict=True):
        if step.call.service == "iam":
            yield command.model_copy(update={"traps": (*command.traps, *_traps(step.call.operation))})
    user = str(plan.target.id).removeprefix(USER)
    yield call(
        "iam",
        "ListAccessKeys",
        {"UserName": user},
        region=REGION,
        query="AccessKeyMetadata[].[AccessKeyId,Status,CreateDate]",
        purpose=_("The keys of {user} and their status.", user=user),
    )
    keys = dict.fromkeys(str(step.call.params.get("AccessKeyId", "")) for step in plan.steps)
    for key in filter(None, keys):
        yield call(
            "iam",
            "GetAccessKeyLastUsed",
            {"AccessKeyId": key},
            region=REGION,
            query="AccessKeyLastUsed.[LastUsedDate,ServiceName,Region]",
            purpose=_("When and where the key {key} was last used.", key=key),
        )


def _traps(operation: str) -> Iterator[str]:
    if operation == CREATE:
        yield _("The answer shows the secret, once: it stays in the terminal's scrollback and in logs of it.")
        yield _("Sent again after a lost answer, it makes a second key, or fails because there are two.")
    if operation == DELETE:
        yield _("delete-access-key also deletes an active key, without a question.")
