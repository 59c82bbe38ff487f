"""Alarms, inspections and the journal are none of that: they never pause."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from services.i18n import _
from services.models.date_text import time_text

if TYPE_CHECKING:
    from services.models.alarms import AlarmOverview
    from services.system import Services

QUIET = 900.0  # Seconds without a key, outside business hours, after which nobody is taken to be there


class Presence:
    def __init__(
        self,
        services: "Services",
        overview: "Callable[[], AlarmOverview | None]",
        is_visible: Callable[[], bool],
        zone: Callable[[], tzinfo],
    ) -> None:
        """`is_visible`: whether anybody can see the terminal; `zone`: that of the times on the screen."""
        self._services = services
        self._overview = overview
        self._is_visible = is_visible
        self._zone = zone
        self._acted = services.clock.elapsed()
        self._since: datetime | None = None
        """When the pause began, as far as somebody asked; None: there is none."""

    def pause(self) -> str:
        """Why nobody is there, since when and what ends it, in words; "" while somebody may be."""
        words = self._words()
        if not words:
            self._since = None
            return ""
        now = self._services.clock.now()
        self._since = self._since or now
        return words.format(time=time_text(self._since, self._zone(), now))

    def _words(self) -> str:
        if not self._is_visible():
            return _("paused at {time} until a terminal shows it")
        if self._is_quiet() and not self._calls():
            return _("paused at {time}, after hours: any key resumes")
        return ""

    def acted(self) -> bool:
        was_quiet = self._is_quiet()
        self._acted = self._services.clock.elapsed()
        return was_quiet

    @property
    def idle(self) -> float:
        """Seconds since the last key or click."""
        return self._services.clock.elapsed() - self._acted

    def _is_quiet(self) -> bool:
        services = self._services
        return self.idle >= QUIET and not services.calendar.within_hours(services.clock.now())

    def _calls(self) -> bool:
        overview = self._overview()
        return overview is not None and overview.newest_firing is not None
