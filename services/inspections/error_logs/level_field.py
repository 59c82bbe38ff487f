"""Whether the field that tells an error is in the events at all, written as the runbook writes it.

No errors found looks the same as a field that is missing, a number (pino writes 50), or in small letters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.aws.logs.query_text import field, joined
from services.i18n import _
from services.inspections.toolkit.logs.fields import shares, values_of
from services.inspections.toolkit.logs.queries import Queries
from services.models.insights import QueryResult
from services.models.runbook_looks import ErrorLogs
from services.models.verdict import Verdict

HALF = 50
"""Per cent of the events that must hold the field."""
NAMED = 6
"""Fields or values that a sentence names at most."""


@dataclass(frozen=True, slots=True)
class FieldSeen:
    """What was seen of the field."""

    trouble: str = ""
    """Why errors cannot be told from it; "": they can."""
    percent: int | None = None
    """Of the events hold it; None: not known."""
    status: bool = True
    """Some event holds the field that tells a 5xx; without one, none would be found."""
    unread: bool = False
    """It could not be looked for."""

    def verdict(self, verdict: Verdict) -> Verdict:
        """Of a count of errors: a low one is no good news where errors cannot be told."""
        return Verdict.UNKNOWN if self.trouble and verdict is Verdict.NORMAL else verdict


async def field_seen(queries: Queries, spec: ErrorLogs, found: QueryResult) -> FieldSeen:
    """Look for it; `found` are the errors. Raises AwsError."""
    every = await shares(queries)
    seen = await _field_seen(queries, spec, found, every)
    return replace(seen, status=await _status_seen(queries, spec, found, every))


async def _status_seen(
    queries: Queries, spec: ErrorLogs, found: QueryResult, every: Mapping[str, int]
) -> bool:
    if not spec.status or every.get(spec.status) or any(row.get(spec.status) for row in found.rows):
        return True
    # Rare is usual: a service that nobody asks answers nothing.
    if not queries.again():
        return False
    result = await queries.ask(joined((f"filter ispresent({field(spec.status)})", "limit 1")), limit=1)
    return result.complete and result.matched > 0


async def _field_seen(
    queries: Queries, spec: ErrorLogs, found: QueryResult, every: Mapping[str, int]
) -> FieldSeen:
    if every:
        percent = every.get(spec.field, 0)
        if percent < HALF:
            return FieldSeen(_rare(spec, percent, every), percent)
        if any(row.get(spec.field) == spec.value for row in found.rows):
            return FieldSeen(percent=percent)
    values = await values_of(queries, spec.field)
    if not values:
        return FieldSeen(_("Could not determine whether the events have {field}.").format(field=spec.field))
    percent = round(100 - 100 * values[""] / values.total())
    if percent < HALF:
        return FieldSeen(_rare(spec, percent, {}), percent)
    return FieldSeen(_written(spec, sorted(filter(None, values))), percent)


def _rare(spec: ErrorLogs, percent: int, every: Mapping[str, int]) -> str:
    if percent:
        return _("Only {percent} % of the events have the field {field}.").format(
            percent=percent, field=spec.field
        )
    text = _("No such field: the events have no {field}.").format(field=spec.field)
    names = [name for name in every if not name.startswith("@")]
    if not names:
        return text
    more = len(names) > NAMED
    have = _("{text} Fields present include {names}.") if more else _("{text} Fields present: {names}.")
    return have.format(text=text, names=", ".join(names[:NAMED]))


def _written(spec: ErrorLogs, values: list[str]) -> str:
    """Why the values cannot be the runbook's; "" where they can."""
    named = ", ".join(values[:NAMED])
    if spec.value in values:
        return ""
    if _style(spec.value) != "number" and all(_style(each) == "number" for each in values):
        return _(
            "{field} is a number here ({values}; pino writes 50 for an error), but the runbook looks for "
            "{value}."
        ).format(field=spec.field, values=named, value=spec.value)
    if _style(spec.value) in {_style(each) for each in values} and not _misspelt(spec, values):
        return ""
    return _(
        "{field} is written differently here ({values}), but the runbook looks for {value}: case matters."
    ).format(field=spec.field, values=named, value=spec.value)


def _misspelt(spec: ErrorLogs, values: list[str]) -> bool:
    return any(each.casefold() == spec.value.casefold() for each in values)


def _style(text: str) -> str:
    if text.replace(".", "", 1).isdecimal():
        return "number"
    return "upper" if text.isupper() else "lower" if text.islower() else "mixed"
