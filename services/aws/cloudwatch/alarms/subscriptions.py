"""Source: ListSubscriptionsByTopic (Amazon SNS API reference)."""

from collections.abc import Iterable
from typing import ClassVar
from weakref import WeakKeyDictionary

from services.aws.client.errors import AccessDenied, AwsError, NotFound, Refused
from services.aws.client.reader import Reader, incomplete, rows
from services.aws.cloudwatch.alarms.actions import is_topic, reaches_somebody
from services.aws.cloudwatch.alarms.parsing import arn_region
from services.clock import Clock
from services.i18n import _

DAY, AGAIN = 86_400.0, 60.0
"""Seconds for which the answer about a topic counts, and where AWS could not be asked."""


class TopicSubscriptions:
    """Asks about each topic once a day, however many inspections of one session want to know."""

    _of_sessions: ClassVar[WeakKeyDictionary[Reader, "TopicSubscriptions"]] = WeakKeyDictionary()

    def __init__(self, session: Reader, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._answers: dict[str, tuple[float, bool | AwsError]] = {}
        """By topic: until when (`clock.elapsed`) it counts whether anybody is subscribed, or why that is unknown."""

    @classmethod
    def of(cls, session: Reader, clock: Clock) -> "TopicSubscriptions":
        return cls._of_sessions.setdefault(session, cls(session, clock))

    async def ask(self, actions: Iterable[str]) -> dict[str, AwsError]:
        topics = sorted(set(filter(is_topic, actions)))
        for arn in topics:
            if self._answer(arn) is None:
                at, heard = self._clock.elapsed(), await self._is_heard(arn)
                lasts = DAY if isinstance(heard, bool) or is_forbidden(heard) else AGAIN
                self._answers[arn] = at + lasts, heard
        return {arn: answer for arn in topics if isinstance(answer := self._answer(arn), AwsError)}

    def reaches(self, action: str) -> bool:
        return reaches_somebody(action) and self._answer(action) is not False

    def _answer(self, arn: str) -> bool | AwsError | None:
        until, answer = self._answers.get(arn, (0.0, None))
        return answer if self._clock.elapsed() < until else None

    async def _is_heard(self, arn: str) -> bool | AwsError:
        pages = self._session.pages(
            "sns",
            "ListSubscriptionsByTopic",
            region=arn_region(arn) or None,
            required=("Subscriptions",),
            TopicArn=arn,
        )
        try:
            async for page in pages:
                # Others are `PendingConfirmation` or `Deleted`.
                arns = [str(row.get("SubscriptionArn") or "") for row in rows(page, "Subscriptions")]
                if any(arn.startswith("arn:") for arn in arns):
                    return True
                if not all(arns):
                    text = _("AWS returned an unreadable item under {key}.", key="Subscriptions")
                    raise incomplete(text, "sns", "ListSubscriptionsByTopic")
        except NotFound:
            return False
        except AwsError as error:
            return error
        return False


def is_forbidden(error: AwsError) -> bool:
    return isinstance(error, AccessDenied | Refused) or error.unknown_operation
