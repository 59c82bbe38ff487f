"""Proves whose answers these are, before anything is judged by them.

The ARNs of an answer name its account and region. Where it has none, GetCallerIdentity names the account, once for each
access key and endpoint; an answer of another endpoint than that of STS is not proven by it. The region is that of the
signature, and a host of AWS's that names another is not asked, whoever named that host.

Source: "Identify AWS resources with ARNs" (IAM User Guide); GetCallerIdentity (AWS STS API reference).
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from services.aws.client.errors import AwsError, Expired, Incomplete, Invalid, NoCredentials, WrongAccount
from services.aws.client.prices import is_charged
from services.aws.client.remedies import remedy, summary
from services.background.detached import detached
from services.clock import Clock, Mark, mark, passed
from services.i18n import _
from services.models.problem import Problem, ProblemKind
from services.models.text import clean

IDENTITY = ("sts", "GetCallerIdentity")
OWN_ARNS: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("cloudwatch", "DescribeAlarms"): (("MetricAlarms", "AlarmArn"), ("CompositeAlarms", "AlarmArn")),
    ("ecs", "DescribeServices"): (("services", "serviceArn"),),
    ("ecs", "DescribeTasks"): (("tasks", "taskArn"),),
    ("elbv2", "DescribeLoadBalancers"): (("LoadBalancers", "LoadBalancerArn"),),
    ("elbv2", "DescribeTargetGroups"): (("TargetGroups", "TargetGroupArn"),),
    ("rds", "DescribeDBInstances"): (("DBInstances", "DBInstanceArn"),),
    ("rds", "DescribeDBSnapshots"): (("DBSnapshots", "DBSnapshotArn"),),
}
"""Lists (key of the rows, of their ARN) of what belongs to the account that asks; others may list what is shared with it."""
AGAIN = 30.0  # Seconds after which STS is asked again where it did not answer
IDENTITY_TIMEOUT = 10.0
PATIENCE = 2.0  # Seconds for which an answer waits for one that may prove it at no cost, and may hang
_KEPT = 16  # Access keys that are remembered; a role's session has a new one each hour
_AMAZON = re.compile(
    r"\.(?:amazonaws\.(?:com|com\.cn|eu)|api\.aws|api\.amazonwebservices\.(?:com\.cn|eu)"
    r"|(?:c2s|csp\.hci)\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk)$"
)
"""Ends of the names of AWS's own endpoints, in all partitions."""
_REGION = re.compile(r"(?:[a-z]{2}(?:-gov|-iso[a-z]?)?|eusc-de)-[a-z]+-\d+")
_ACCOUNT = re.compile(r"\d{12}")
_SIGNATURE = re.compile(r"Credential=([^/,\s]+)/\d+/([^/]+)/")

Answer = dict[str, Any]
Ask = Callable[[], Coroutine[Any, Any, Answer]]  # Reads the caller's identity


class Signer(NamedTuple):
    access_key: str
    place: str  # Amazon's own endpoints are one place, whatever the service; of any other: host and port


class SentRequest:
    def __init__(self, proof: "AccountProof") -> None:
        self._proof = proof
        self.signer = Signer("", "")

    def note(self, url: str, authorization: str) -> None:
        """Called before each attempt. Raises WrongAccount where the host is one of AWS's for another region."""
        parts, signature = urlsplit(url), _SIGNATURE.search(authorization)
        host, (access_key, region) = parts.hostname or "", signature.groups() if signature else ("", "")
        self.signer = Signer(access_key, "" if _AMAZON.search(host) else parts.netloc)
        # What is meant for another region is AWS's to refuse.
        if region == self._proof.region and (actual := _region_of(host)) not in ("", region):
            raise self._proof.refusal(other_region(actual, region))


SENDING: ContextVar[SentRequest | None] = ContextVar("sending", default=None)
"""What the task that sends a read notes its signature in."""


class AccountProof:
    def __init__(self, account: str, region: str, clock: Clock) -> None:
        self.account = account  # The runbook's, as is `region`
        self.region = region
        self.on_refusal: Callable[[WrongAccount], object] | None = None
        self._clock = clock
        self._accounts: dict[Signer, str] = {}
        self._newest: Signer | None = None
        self._asking: asyncio.Task[Answer] | None = None
        self._failure: tuple[AwsError, Signer | None, Mark] | None = None
        """What STS answered instead, to whom, and when."""
        self._under_way: set[asyncio.Future[None]] = set()  # Reads whose answers have ARNs

    def mismatch(self, account: str, region: str) -> str:
        """In words, that the session's are not the runbook's; "" if they are."""
        if region not in ("", self.region):
            return other_region(region, self.region)
        return "" if account == self.account else other_account(account, self.account)

    async def before(self, ask: Ask, own_region: str) -> None:
        """Prove the newest credentials without an answer: something is sent that costs. Raises AwsError."""
        self._require(self.account, own_region)
        await self._settled(lambda: self._newest, ask)
        self._require(self._accounts.get(self._newest, "") if self._newest else "")

    async def read(
        self,
        call: tuple[str, str],
        region: str | None,
        own_region: str,
        send: Callable[[SentRequest], Awaitable[Answer]],
        ask: Ask,
    ) -> Answer:
        """The answer that `send` brings, once it is proven; `own_region` is the session's. Raises AwsError."""
        sent = SentRequest(self)
        if call == IDENTITY:
            answer = await send(sent)
            self._learn(sent.signer, str(answer.get("Account")))
            return answer
        self._require(self.account, own_region)
        if is_charged(*call):
            await self.before(ask, own_region)
        with self._reading(call):
            answer = await send(sent)
        self._newest = sent.signer
        self._take_arns(call, answer, region or self.region, sent.signer)
        await self._settled(lambda: sent.signer, ask)
        if sent.signer not in self._accounts:
            text = _("sts answered for other credentials, or at another endpoint, than {service}")
            advice = _("Check the endpoints that AWS_ENDPOINT_URL and its like for single services name.")
            raise self._unproven(
                Invalid(self._problem(ProblemKind.INVALID, text.format(service=call[0]), advice))
            )
        self._require(self._accounts[sent.signer])
        return answer

    def refusal(self, text: str) -> WrongAccount:
        """The error that says so, after whoever must know was told."""
        advice = _("Choose another profile, role, endpoint or region, or another runbook.")
        error = WrongAccount(self._problem(ProblemKind.REFUSED, text, advice))
        if self.on_refusal is not None:
            self.on_refusal(error)
        return error

    def _require(self, account: str, region: str = "") -> None:
        if text := self.mismatch(account, region):
            raise self.refusal(text)

    def _take_arns(self, call: tuple[str, str], answer: Answer, region: str, signer: Signer) -> None:
        """Learn from the ARNs of an answer. Raises WrongAccount."""
        for rows, name in OWN_ARNS.get(call, ()):
            for row in answer.get(rows) or ():
                parts = str(row.get(name) if isinstance(row, dict) else "").split(":")
                if len(parts) < 6 or not _ACCOUNT.fullmatch(parts[4]):
                    continue
                if self._accounts.get(signer) != parts[4]:
                    # Of another account: so is what has no ARNs, until ARNs say otherwise.
                    self._learn(signer, parts[4])
                self._require(parts[4])
                if parts[3] not in ("", region):
                    raise self.refusal(other_region(parts[3], region))

    def _learn(self, signer: Signer, account: str) -> None:
        if _ACCOUNT.fullmatch(account):
            self._accounts.pop(signer, None)
            self._accounts[signer] = account
            self._newest, self._failure = signer, None
            while len(self._accounts) > _KEPT:
                del self._accounts[next(iter(self._accounts))]

    async def _settled(self, signer: Callable[[], Signer | None], ask: Ask) -> None:
        """Wait for what may prove the signer's account at no cost, else ask STS. Raises AwsError."""
        while signer() not in self._accounts and self._under_way:
            ended, _pending = await asyncio.wait(
                self._under_way, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED
            )
            if not ended:
                break
        if signer() not in self._accounts:
            await self._identified(ask)

    async def _identified(self, ask: Ask) -> None:
        """Ask STS, together with whoever asks just now. Raises AwsError."""
        if self._failure is not None:
            failure, signer, at = self._failure
            if signer == self._newest and passed(self._clock, at) < AGAIN:
                raise self._unproven(failure)
        if self._asking is None or self._asking.done():
            self._asking = detached(ask(), name="identity")
        asking = self._asking
        # `asyncio.wait` keeps the shared task running if this caller is cancelled.
        await asyncio.wait([asking])
        error = asking.exception()
        if error is None and not _ACCOUNT.fullmatch(str(asking.result()["Account"])):
            words = dict(zip(("service", "operation", "profile"), (*IDENTITY, ""), strict=True))
            texts = summary("incomplete", words), remedy("incomplete", words)
            error = Incomplete(self._problem(ProblemKind.INCOMPLETE, *texts))
        if isinstance(error, AwsError):
            self._failure = error, self._newest, mark(self._clock)
            raise self._unproven(error) from error
        if error is not None:
            raise error

    def _unproven(self, error: AwsError) -> AwsError:
        if isinstance(error, Expired | NoCredentials):
            return error
        why = error.problem.summary
        update: dict[str, object] = {"at": self._clock.now()}
        if error.unknown_operation:
            why = _("this endpoint has no sts")
            advice = _("Nothing is judged before its account is proven: choose an endpoint that has sts.")
            update |= {"remedy": advice, "once": ""}
        update["summary"] = _("The AWS account could not be identified: {why}", why=why)
        return type(error)(error.problem.model_copy(update=update))

    def _problem(self, kind: ProblemKind, text: str, advice: str) -> Problem:
        return Problem(kind=kind, summary=text, remedy=advice, at=self._clock.now())

    @contextmanager
    def _reading(self, call: tuple[str, str]) -> Iterator[None]:
        """While what may prove all others is under way, they wait for it."""
        if call not in OWN_ARNS:
            yield
            return
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._under_way.add(ended)
        try:
            yield
        finally:
            self._under_way.discard(ended)
            ended.set_result(None)


def _region_of(host: str) -> str:
    """The region that a host of AWS's is in; "" for any other, and where it names none."""
    # The first label is a service, or a bucket, whatever it looks like.
    labels = host.split(".")[1:] if _AMAZON.search(host) else []
    return next((label for label in reversed(labels) if _REGION.fullmatch(label)), "")


def other_account(actual: str, expected: str) -> str:
    return _("These credentials are for account {actual}; the runbook's is {expected}.").format(
        actual=clean(actual), expected=expected
    )


def other_region(actual: str, expected: str) -> str:
    return _("What is asked is the region {actual}; the runbook's is {expected}.").format(
        actual=clean(actual), expected=expected
    )
