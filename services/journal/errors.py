from services.models.journal import Entry
from services.models.problem import Problem


class JournalError(Exception):
    """The journal could not be read or written; `problem` has the cause and the remedy. In a file nothing was
    recorded. A ledger that did not answer may have recorded it: read the journal again."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.summary)
        self.problem = problem


class AlreadyRecorded(Exception):
    """Another entry, `entry`, has the claim already. Nothing was recorded."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.text)
        self.entry = entry


class HeldByAnother(Exception):
    """`entry` still has a hold that the draft requires. Nothing was recorded."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.text)
        self.entry = entry
