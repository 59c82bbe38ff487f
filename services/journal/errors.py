"""How recording can fail."""

from services.models.journal import Entry
from services.models.problem import Problem


class JournalError(Exception):
    """The journal could not be read or written; `problem` says why and what to do. Nothing was recorded."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.summary)
        self.problem = problem


class AlreadyRecorded(Exception):
    """Somebody was first: `entry` has the claim. Nothing was recorded."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.text)
        self.entry = entry


class HeldByAnother(Exception):
    """`entry` still holds what the draft wants to hold. Nothing was recorded."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.text)
        self.entry = entry
