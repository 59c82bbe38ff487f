from collections.abc import Iterator

from services.aws.iam.access_keys import REGION
from services.aws_cli.calls import call
from services.i18n import _
from services.models.aws_cli import CliCommand, Variable
from services.models.runbook_inspections import AccessKeys

KEY = "ACCESS_KEY"  # Shell variable with the id of a key, which is no secret


def commands_of(spec: AccessKeys) -> Iterator[CliCommand]:
    yield call(
        "iam",
        "ListUsers",
        {},
        region=REGION,
        query="Users[].[UserName,CreateDate,PasswordLastUsed]",
        purpose=_("Every user of the account; each may have keys."),
        traps=(_("One user's keys are not all keys: repeat the next command for every user listed."),),
    )
    yield call(
        "iam",
        "GetAccountSummary",
        {},
        region=REGION,
        query="SummaryMap.[AccountAccessKeysPresent,AccountMFAEnabled]",
        purpose=_("Root's access keys and MFA. Normal: 0 and 1."),
    )
    for user in spec.users:
        text = _("Keys of {user}. Normal: one Active key, younger than {days} days.")
        yield call(
            "iam",
            "ListAccessKeys",
            {"UserName": user},
            region=REGION,
            query="AccessKeyMetadata[].[AccessKeyId,Status,CreateDate]",
            purpose=text.format(user=user, days=spec.max_age_days),
            traps=(
                _(
                    "Without Status an inactive key looks like one in use; two keys are the most a user can have."
                ),
            ),
        )
        yield call(
            "iam",
            "ListAccessKeys",
            {"UserName": user},
            region=REGION,
            query="sort_by(AccessKeyMetadata,&CreateDate)[0].AccessKeyId",
            stores=KEY,
            purpose=_("Takes the oldest key of {user}.", user=user),
        )
        yield call(
            "iam",
            "GetAccessKeyLastUsed",
            {"AccessKeyId": Variable(KEY)},
            region=REGION,
            purpose=_("When and where that key was last used. Do not disable one that is in use."),
            traps=(_("delete-access-key also deletes an active key, without a question."),),
        )
