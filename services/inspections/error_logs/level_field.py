"""Whether the events have the field that marks an error, with the values written in the runbook.

A log without errors looks the same as one whose level field is missing, is a number (pino writes 50), or is in lower
case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.aws.logs.query_text import field, joined
from services.i18n import _
from services.inspections.toolkit.logs.queries import Queries, shares, values_of
from services.models.insights import QueryResult
from services.models.runbook_inspections import ErrorLogs
from services.models.verdict import Verdict

HALF = 50
"""Minimum percentage of events that must have the field."""
NAMED = 6
"""Maximum number of fields or values named in a sentence."""


@dataclass(frozen=True, slots=True)
class LevelField:
    trouble: str = ""
    """Why they cannot; "" if they can."""
    percent: int | None = None
    """Percentage of events that have the field; None: unknown."""
    status: bool = True
    """Some event has the status field; otherwise no 5xx response can be found."""
    unread: bool = False
    """The events' fields could not be read."""

    def verdict(self, verdict: Verdict) -> Verdict:
        return Verdict.UNKNOWN if self.trouble and verdict is Verdict.NORMAL else verdict


async def check_field(queries: Queries, spec: ErrorLogs, errors: QueryResult) -> LevelField:
    """Read whether the events have the field. Raises AwsError."""
    percents = await shares(queries)
    level = await _level_field(queries, spec, errors, percents)
    return replace(level, status=await _has_status(queries, spec, errors, percents))


async def _has_status(
    queries: Queries, spec: ErrorLogs, errors: QueryResult, percents: Mapping[str, int]
) -> bool:
    if not spec.status or percents.get(spec.status) or any(row.get(spec.status) for row in errors.rows):
        return True
    # Few events may have a status: a service without requests sends no responses.
    if not queries.again():
        return False
    result = await queries.run(joined((f"filter ispresent({field(spec.status)})", "limit 1")), limit=1)
    return result.complete and result.matched > 0


async def _level_field(
    queries: Queries, spec: ErrorLogs, errors: QueryResult, percents: Mapping[str, int]
) -> LevelField:
    if percents:
        percent = percents.get(spec.field, 0)
        if percent < HALF:
            return LevelField(_rare(spec, percent, percents), percent)
        if any(row.get(spec.field) == spec.value for row in errors.rows):
            return LevelField(percent=percent)
    values = await values_of(queries, spec.field)
    if not values:
        return LevelField(_("Could not determine whether the events have {field}.").format(field=spec.field))
    percent = round(100 - 100 * values[""] / values.total())
    if percent < HALF:
        return LevelField(_rare(spec, percent, {}), percent)
    return LevelField(_spelling(spec, sorted(filter(None, values))), percent)


def _rare(spec: ErrorLogs, percent: int, percents: Mapping[str, int]) -> str:
    if percent:
        return _("Only {percent} % of the events have the field {field}.").format(
            percent=percent, field=spec.field
        )
    text = _("No such field: the events have no {field}.").format(field=spec.field)
    names = [name for name in percents if not name.startswith("@")]
    if not names:
        return text
    more = len(names) > NAMED
    have = _("{text} Fields present include {names}.") if more else _("{text} Fields present: {names}.")
    return have.format(text=text, names=", ".join(names[:NAMED]))


def _spelling(spec: ErrorLogs, values: list[str]) -> str:
    """Why the log's values cannot be the runbook's; "" if they can."""
    names = ", ".join(values[:NAMED])
    if spec.value in values:
        return ""
    if _style(spec.value) != "number" and all(_style(text) == "number" for text in values):
        return _(
            "{field} is a number here ({values}; pino writes 50 for an error), but the runbook looks for "
            "{value}."
        ).format(field=spec.field, values=names, value=spec.value)
    if _style(spec.value) in {_style(text) for text in values} and not _misspelt(spec, values):
        return ""
    return _(
        "{field} is written differently here ({values}), but the runbook looks for {value}: case matters."
    ).format(field=spec.field, values=names, value=spec.value)


def _misspelt(spec: ErrorLogs, values: list[str]) -> bool:
    return any(text.casefold() == spec.value.casefold() for text in values)


def _style(text: str) -> str:
    if text.replace(".", "", 1).isdecimal():
        return "number"
    return "upper" if text.isupper() else "lower" if text.islower() else "mixed"
