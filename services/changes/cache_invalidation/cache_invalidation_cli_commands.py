from collections.abc import Iterator

from services.aws_cli.calls import call
from services.aws_cli.plans import requests_of
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import Plan


def commands_of(plan: Plan) -> Iterator[CliCommand]:
    if not plan.steps:
        return
    yield from requests_of(
        plan,
        _("A path with `*` needs quotes, or the shell replaces it by names of local files."),
        _("Every path counts, also one that matches nothing; /* is one path."),
    )
    yield call(
        "cloudfront",
        "ListInvalidations",
        {"DistributionId": str(plan.target.id)},
        query="InvalidationList.Items[:10].[Id,CreateTime,Status]",
        purpose=_("Afterwards: the newest invalidation must become Completed."),
    )
