"""Separators between log lines: a new day, a gap, the marked minute."""

from datetime import tzinfo
from typing import NamedTuple

from services.i18n import N_, _
from widgets.logs.time import clock_text, day_text, moment
from widgets.logs.view import LogView

_MINUTE = 60_000
_KEPT = 4096
_WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


class Gap(NamedTuple):
    """A span in which lines may be missing; epoch milliseconds and the reason in words."""

    start: int
    end: int
    reason: str


def same_minute(at: int, marked: int | None) -> bool:
    """Whether `at` lies in the minute of `marked`; both epoch milliseconds."""
    return marked is not None and at // _MINUTE == marked // _MINUTE


class Rules:
    """Works out what stands above a line."""

    def __init__(self, view: LogView, zone: tzinfo) -> None:
        self.zone = zone
        self.gaps: tuple[Gap, ...] = ()
        self.marked_at: int | None = None
        """The minute that is marked, epoch milliseconds."""
        self._view = view
        self._known: dict[int, list[tuple[str, str]]] = {}
        self._valid_for: object = None

    def forget(self) -> None:
        """The zone, the gaps or the mark changed."""
        self._known.clear()

    def above(self, row: int) -> list[tuple[str, str]]:
        """Text and style of each separator above the line at the (shown) store row."""
        state = (self._view.store.moves, self._view.shown)
        if state != self._valid_for or len(self._known) > _KEPT:
            self._known.clear()
            self._valid_for = state
        rules = self._known.get(row)
        if rules is None:
            rules = self._known[row] = self._work_out(row)
        return rules

    def _work_out(self, row: int) -> list[tuple[str, str]]:
        store = self._view.store
        at = store.time_at(row)
        above = self._view.shown.at_or_before(row - 1)
        before = store.time_at(above) if above is not None else None
        rules = [] if before is not None and self._same_day(before, at) else [self._day(at)]
        rules += [self._gap(gap) for gap in self.gaps if _between(before, gap.start, at)]
        if self.marked_at is not None and _between(before, self.marked_at, at):
            zone = moment(at).astimezone(self.zone).tzname()
            rules.append((f"\u25bc {clock_text(self.marked_at, self.zone)[:8]} {zone}", "mark"))
        return rules

    def _same_day(self, at: int, other: int) -> bool:
        return day_text(at, self.zone) == day_text(other, self.zone)

    def _day(self, at: int) -> tuple[str, str]:
        weekday = _(_WEEKDAYS[moment(at).astimezone(self.zone).weekday()])
        return _("{date} ({weekday})").format(date=day_text(at, self.zone), weekday=weekday), "rule"

    def _gap(self, gap: Gap) -> tuple[str, str]:
        span = f"{clock_text(gap.start, self.zone)[:8]}\u2013{clock_text(gap.end, self.zone)[:8]}"
        return _("lines may be missing {span}: {reason}").format(span=span, reason=gap.reason), "gap"


def _between(before: int | None, moment_of: int, at: int) -> bool:
    """Whether `moment_of` lies after the line before (if any) and not after this one."""
    return moment_of <= at and (before is None or before < moment_of)
