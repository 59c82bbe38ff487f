import asyncio
from pathlib import Path

from services.models.journal import JournalHealth
from services.models.problem import Problem


class HealthState:
    def __init__(self, path: Path) -> None:
        self.health = JournalHealth(writable=False, path=str(path))
        self.changed = asyncio.Event()
        """Set at the next change. Each change gets a new event, so that no listener clears another's."""

    def set(
        self,
        *,
        writable: bool,
        head: tuple[int, str],
        problem: Problem | None = None,
        anchored: int = 0,
        anchor_problem: str = "",
        late: int = 0,
    ) -> None:
        before = self.health.problem
        if before is not None and problem is not None and before.summary == problem.summary:
            # The same problem again is no change.
            problem = before
        seq, hash_ = head
        self._hold(
            JournalHealth(
                writable=writable,
                entries=seq,
                head=hash_ if seq else "",
                problem=problem,
                path=self.health.path,
                anchored_seq=anchored,
                anchor_problem=anchor_problem,
                late=late,
                queues=self.health.queues,
            )
        )

    def name(self, place: str) -> None:
        self._hold(self.health.model_copy(update={"path": place}))

    def queue(self, queues: bool) -> None:
        self._hold(self.health.model_copy(update={"queues": queues}))

    def saw(self, head: tuple[int, str]) -> None:
        seq, hash_ = head
        self._hold(self.health.model_copy(update={"entries": seq, "head": hash_ if seq else ""}))

    def announce(self) -> None:
        news, self.changed = self.changed, asyncio.Event()
        news.set()

    def _hold(self, health: JournalHealth) -> None:
        if health != self.health:
            self.health = health
            self.announce()
