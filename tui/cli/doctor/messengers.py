"""Slack and GitHub: whether their settings can be used, where they are set; nothing is sent there."""

from urllib.parse import urlsplit

from services.github import settings as github_settings
from services.i18n import _
from services.models.verdict import Verdict
from services.slack import settings as slack_settings
from tui.cli.doctor.examination import CheckOutcome, Examination, Skipped


async def slack(subject: Examination) -> CheckOutcome:
    settings = slack_settings.read(subject.environment)
    if settings.configured:
        way = _("token") if settings.token is not None else _("webhook")
        return CheckOutcome(Verdict.NORMAL, f"{way}, {urlsplit(settings.base).netloc}")
    return _unusable(settings.why, slack_settings.unset())


async def github(subject: Examination) -> CheckOutcome:
    settings = github_settings.read(subject.environment)
    if settings.token is not None:
        return CheckOutcome(Verdict.NORMAL, f"{_('token')}, {urlsplit(settings.base).netloc}")
    return _unusable(settings.why, github_settings.unset())


def _unusable(why: str, unset: str) -> CheckOutcome:
    if why == unset:
        raise Skipped(_("not set up"))
    return CheckOutcome(Verdict.ATTENTION, why)
