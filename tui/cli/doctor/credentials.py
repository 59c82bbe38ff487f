from contextlib import suppress
from zoneinfo import ZoneInfo

from services.aws.client.errors import AwsError
from services.changes.guarantees import SIGNATURE_SECONDS
from services.clock import LEAST_SKEW, AwsClock
from services.i18n import _
from services.models.identity import Identity
from services.models.problem import ProblemKind
from services.models.verdict import Verdict
from tui.cli.doctor.examination import CheckOutcome, Examination, Skipped, of_problem
from widgets.drawing.format import coarse, stamp

SOON = 3600.0  # Seconds before the credentials expire from which on they need attention
_OURS = frozenset(
    {
        ProblemKind.NO_CREDENTIALS,
        ProblemKind.EXPIRED,
        ProblemKind.INVALID,
        ProblemKind.ACCESS_DENIED,
        ProblemKind.REFUSED,
    }
)
"""Problems of the credentials themselves, not of the way to AWS."""


async def credentials(subject: Examination) -> CheckOutcome:
    try:
        identity = await subject.identity()
    except AwsError as error:
        verdict = Verdict.ABNORMAL if error.problem.kind in _OURS else Verdict.UNKNOWN
        return of_problem(error.problem, verdict)
    now = AwsClock(subject.clock, lambda: subject.session.skew_seconds).now()
    account = str(subject.runbook.system.account)
    text = _("{name} in the account {account}", name=identity.name, account=identity.account)
    if identity.method:
        text = f"{text} ({identity.method})"
    left = None if identity.expires_at is None else (identity.expires_at - now).total_seconds()
    numbers = {} if left is None else {"expires_in_seconds": float(round(left))}
    if identity.expires_at is not None:
        until = stamp(identity.expires_at, ZoneInfo(subject.runbook.system.timezone), now)
        text = _("{text}, until {time}", text=text, time=until)
    if identity.account != account:
        return CheckOutcome(Verdict.ABNORMAL, text, _other_account(account), numbers=numbers)
    if mismatch := subject.mismatch(identity):
        remedy = _("Leave out --region and `region` in the configuration.")
        return CheckOutcome(Verdict.ABNORMAL, mismatch, remedy, numbers=numbers)
    if left is not None and left < SOON:
        return CheckOutcome(Verdict.ATTENTION, text, _renew(identity, left), numbers=numbers)
    return CheckOutcome(Verdict.NORMAL, text, numbers=numbers)


def _other_account(account: str) -> str:
    return _(
        "The runbook is for the account {account}: choose another profile with --profile, or another runbook.",
        account=account,
    )


def _renew(identity: Identity, left: float) -> str:
    command = "aws sso login" if "sso" in identity.method else ""
    text = _("They expire in {time}: renew them before your shift.", time=coarse(left))
    return f"{text} ({command})" if command else text


async def clock(subject: Examination) -> CheckOutcome:
    """The difference to AWS's clock, which stands in every answer, also in one that refuses."""
    with suppress(AwsError):
        await subject.identity()
    skew = subject.session.skew_seconds
    if skew is None:
        raise Skipped(_("AWS did not answer"))
    numbers = {"skew_seconds": round(skew, 1), "limit_seconds": SIGNATURE_SECONDS}
    far = abs(skew)
    text = _("{seconds} s from AWS's clock; at {limit} s AWS refuses requests").format(
        seconds=f"{skew:+.0f}" if far >= 0.5 else "0", limit=f"{SIGNATURE_SECONDS:.0f}"
    )
    if far < LEAST_SKEW:
        return CheckOutcome(Verdict.NORMAL, text, numbers=numbers)
    verdict = Verdict.ABNORMAL if far >= SIGNATURE_SECONDS else Verdict.ATTENTION
    if subject.session.signs_by_aws:
        text = _("{clock}; requests are signed by AWS's time", clock=text)
    return CheckOutcome(verdict, text, _("Set this machine's clock (NTP)."), numbers=numbers)
