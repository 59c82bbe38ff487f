from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from services import i18n
from services.i18n import _
from services.models.date_text import day_text, month_name, month_text, span_text, weekday_text, with_zone
from services.models.report_lines import DutyLine
from services.report.periods import PeriodSpan, era_of, read_period

_ROMAN = {"令和": "Reiwa", "平成": "Heisei", "昭和": "Showa"}


@dataclass(frozen=True, slots=True)
class Dates:
    """Formats dates and times in one time zone, with Gregorian years or (`wareki`) Japanese eras."""

    zone: tzinfo
    first: date  # The first day of the report
    last: date  # The last day of the report
    wareki: bool = False

    def year(self, day: date) -> str:
        """The year as `2026` or 令和8, without the word for year."""
        era = era_of(day) if self.wareki else None
        if era is None:
            return str(day.year)
        name, number = era
        if i18n.language() == "ja":
            return f"{name}{'元' if number == 1 else number}"
        return f"{_ROMAN[name]} {number}"

    def day(self, day: date) -> str:
        """A full date: `Mon 5 Jan 2026`, 2026年1月5日(月)."""
        return _("{weekday} {day} {month} {year}").format(
            weekday=weekday_text(day.weekday()), day=day.day, month=month_name(day.month), year=self.year(day)
        )

    def short(self, day: date) -> str:
        """A date in a row: `01-05(Mon)`, with the year if it is not the report's."""
        is_within = self.first <= day <= self.last or self.first.year == self.last.year == day.year
        return day_text(day, day if is_within else None)

    def days(self) -> str:
        first, last = self.first, self.last
        same = first if first.year == last.year else None
        return span_text(day_text(first, same), day_text(last, same))

    def month(self, day: date) -> str:
        """A month: `Jan 2026`, 2026年1月."""
        return month_text(self.year(day), day.month)

    def fiscal(self, first: date) -> str:
        """The fiscal year that begins on `first`: `FY 2025`, 2025年度. The era is taken from May, because the
        fiscal year that began in 平成31 is called 令和元年度 throughout."""
        return _("FY {year}", year=self.year(first.replace(month=first.month % 12 + 1)))

    def at(self, moment: datetime, day: date | None = None) -> str:
        """The time, such as `09:04`; prefixed with the date if that is not `day`."""
        local = moment.astimezone(self.zone)
        if local.date() == day:
            return f"{local:%H:%M}"
        return f"{self.short(local.date())} {local:%H:%M}"

    def period(self, start: datetime, end: datetime, day: date | None = None) -> str:
        days = {each.astimezone(self.zone).date() for each in (start, end)}
        return span_text(*(self.at(each, day if days == {day} else None) for each in (start, end)))

    def report(self, name: str) -> str:
        """The report with this name: `01-19(Mon)`, `Jan 2026`, `FY 2025`."""
        period = read_period(name)
        if period is None:
            return name
        words = {
            PeriodSpan.DAY: self.short,
            PeriodSpan.MONTH: self.month,
            PeriodSpan.FISCAL_YEAR: self.fiscal,
        }
        return words[period.span](period.first)

    def stamp(self, moment: datetime) -> str:
        """Date, time and zone, such as `01-05(Mon) 17:05 JST`."""
        return with_zone(self.at(moment), moment, self.zone)

    def whole(self, moment: datetime) -> str:
        """As `stamp`, with the year: `Mon 5 Jan 2026 17:05 JST`."""
        local = moment.astimezone(self.zone)
        return with_zone(f"{self.day(local.date())} {local:%H:%M}", moment, self.zone)

    def due(self, line: DutyLine, day: date | None = None) -> str:
        if line.until > line.day:
            return _("until {day}", day=self.short(line.until))
        if line.timed:
            return self.at(line.due_at, day)
        return _("any time") if line.day == day else self.short(line.day)
