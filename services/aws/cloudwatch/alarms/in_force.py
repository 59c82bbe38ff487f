"""Which alarms are muted now, without asking each minute."""

from services.aws.cloudwatch.alarms.mute_rules import MuteRules, Muting
from services.clock import Clock

AGE = 300.0
"""Seconds after which mute rules are read again although no alarm has turned."""


class MutesInForce:
    """Reads mute rules every five minutes, and at once when an alarm has turned or a mute has ended.

    What could not be read completely is read again each time.
    """

    def __init__(self, rules: MuteRules, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock
        self._muting: Muting | None = None
        self._read_at = 0.0

    def forget(self) -> None:
        """Read the rules at the next time."""
        self._muting = None

    async def read(self, *, turned: bool) -> Muting:
        """What is muted now; `turned`: an alarm has changed its state since the last time. Never raises AwsError."""
        if self._muting is None or turned or self._is_due(self._muting):
            read_at = self._clock.elapsed()
            self._muting = await self._rules.read(self._clock.now())
            self._read_at = read_at
        return self._muting

    def _is_due(self, muting: Muting) -> bool:
        now = self._clock.now()
        has_ended = any(mute.until is not None and mute.until <= now for mute in muting.mutes)
        return has_ended or not muting.is_complete or self._clock.elapsed() - self._read_at >= AGE
