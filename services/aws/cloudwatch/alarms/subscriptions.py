"""Whether anybody is subscribed to the topics to which alarms send.

Source: ListSubscriptionsByTopic (Amazon SNS API reference).
"""

from collections.abc import Callable, Iterable
from typing import ClassVar
from weakref import WeakKeyDictionary

from services.aws.client.errors import AccessDenied, AwsError, NotFound, Refused
from services.aws.client.reader import Reader, rows
from services.aws.cloudwatch.alarms.actions import is_topic, reaches_somebody
from services.aws.cloudwatch.alarms.parsing import arn_region
from services.clock import Clock

DAY = 86_400.0
"""Seconds for which the answer about a topic counts."""
AGAIN = 60.0
"""The same where AWS could not be asked."""


class Subscriptions:
    """Asks about each topic once a day, however many inspections of one session want to know."""

    _of_sessions: ClassVar[WeakKeyDictionary[Reader, "Subscriptions"]] = WeakKeyDictionary()

    def __init__(self, session: Reader, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._answers: dict[str, tuple[float, bool | str]] = {}
        """By topic: when it was asked about (`clock.elapsed`), and whether anybody is subscribed, or why that is unknown."""

    @classmethod
    def of(cls, session: Reader, clock: Clock) -> "Subscriptions":
        """What this session has been told."""
        return cls._of_sessions.setdefault(session, cls(session, clock))

    async def ask(self, actions: Iterable[str]) -> bool:
        """Ask about the topics among these actions. Returns whether all that this session may know was read."""
        is_complete = True
        for arn in sorted({arn for arn in actions if is_topic(arn) and self._answer(arn) is None}):
            at = self._clock.elapsed()
            try:
                self._answers[arn] = at, await self._is_heard(arn)
            except NotFound:
                self._answers[arn] = at, False
            except AwsError as error:
                is_final = isinstance(error, AccessDenied | Refused) or error.unknown_operation
                is_complete = is_complete and is_final
                self._answers[arn] = at + (0.0 if is_final else AGAIN - DAY), error.problem.summary
        return is_complete

    @property
    def known(self) -> Callable[[str], bool | None]:
        """`reaches`, where it says more than an action's kind: nobody is subscribed to one of the topics."""
        has_silent = any(answer is False for _at, answer in self._answers.values())
        return self.reaches if has_silent else reaches_somebody

    def reaches(self, action: str) -> bool | None:
        """Whether an action can reach a person; None: whether anybody is subscribed to the topic is not known."""
        answer = self._answer(action) if is_topic(action) else reaches_somebody(action)
        return None if isinstance(answer, str) else answer

    def unknown(self, actions: Iterable[str]) -> dict[str, str]:
        """Why it is unknown whether anybody is subscribed, by topic; nothing of those that were not asked about."""
        return {arn: answer for arn in actions if isinstance(answer := self._answer(arn), str)}

    def _answer(self, arn: str) -> bool | str | None:
        at, answer = self._answers.get(arn, (-DAY, None))
        return answer if self._clock.elapsed() - at < DAY else None

    async def _is_heard(self, arn: str) -> bool:
        pages = self._session.pages(
            "sns",
            "ListSubscriptionsByTopic",
            region=arn_region(arn) or None,
            required=("Subscriptions",),
            TopicArn=arn,
        )
        async for page in pages:
            # Others are `PendingConfirmation` or `Deleted`.
            if any(str(row.get("SubscriptionArn")).startswith("arn:") for row in rows(page, "Subscriptions")):
                return True
        return False
