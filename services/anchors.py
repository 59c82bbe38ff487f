"""Dates that duties hang on and that no calendar knows: when a key was made, when one was disabled."""

from services.aws.access_keys import AccessKeys
from services.journal.journal import Journal
from services.models.duties import AnchorDate
from services.models.runbook import Runbook


class Anchors:
    """Reads the anchors that the runbook's duties name."""

    def __init__(self, keys: AccessKeys, journal: Journal, runbook: Runbook) -> None:
        self._keys = keys
        self._journal = journal
        self._runbook = runbook

    async def read(self) -> tuple[AnchorDate, ...]:
        """Every anchor that exists now. Raises AwsError."""
        return ()
