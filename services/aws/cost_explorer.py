"""Cost Explorer: an account's daily costs. Source: GetCostAndUsage (AWS Cost Explorer API reference). AWS
charges $0.01 per page. `Total` is empty in grouped responses, so sums are computed by the console. Cost
Explorer covers the whole account in UTC days, and returns an empty response for an unknown service name, so
requests are never filtered by name."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from services.aws.client.reader import Answer, Reader, incomplete, is_readable, rows
from services.i18n import _
from services.models.base import RawId
from services.models.costs import CostHistory, CostKind, DailyCost
from services.models.date_text import day_text
from services.models.text import clean

REGION = "us-east-1"
METRIC, CURRENCY = "UnblendedCost", "USD"
PAGES = 10  # Maximum pages per request; each is charged
TIMEOUT = 60.0  # Seconds; Cost Explorer is slow
_MOST = Decimal(10) ** 15  # Bound for plausible amounts
_CALL = ("ce", "GetCostAndUsage")
GROUPS = [{"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "DIMENSION", "Key": "RECORD_TYPE"}]
_KINDS = {"tax": CostKind.TAX, "credit": CostKind.CREDIT, "refund": CostKind.CREDIT}


class CostExplorerReader:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def daily(self, first: date, last: date) -> CostHistory:
        """Costs by day, service and record type from `first` to `last` (both inclusive, UTC days). Raises
        AwsError; Incomplete if a day is missing or an amount is not a number of US dollars."""
        costs: list[DailyCost] = []
        days: set[date] = set()
        estimated, pages = False, 0
        async for page in self._pages(first, last + timedelta(days=1)):
            pages += 1
            for row in rows(page, "ResultsByTime"):
                day = _day(row)
                days.add(day)
                estimated = estimated or bool(row.get("Estimated"))
                costs += [_cost(group, day) for group in _groups(row)]
        missing = {first + timedelta(days=each) for each in range((last - first).days + 1)} - days
        if missing:
            text = _("Cost Explorer omitted {count} of the requested days, the first being {day}.")
            raise incomplete(text.format(count=len(missing), day=day_text(min(missing))), *_CALL)
        return CostHistory(first=first, last=last, costs=tuple(costs), estimated=estimated, pages=pages)

    async def _pages(self, first: date, end: date) -> AsyncIterator[Answer]:
        more: dict[str, Any] = {}
        tokens: set[str] = set()
        while len(tokens) < PAGES:
            answer = await self._session.read(
                *_CALL,
                region=REGION,
                required=("ResultsByTime",),
                timeout=TIMEOUT,
                # The end is exclusive.
                TimePeriod={"Start": first.isoformat(), "End": end.isoformat()},
                Granularity="DAILY",
                Metrics=[METRIC],
                GroupBy=GROUPS,
                **more,
            )
            yield answer
            token = str(answer.get("NextPageToken") or "")
            if not token:
                return
            if token in tokens:
                raise incomplete(_("AWS returned the same page token twice."), *_CALL)
            tokens.add(token)
            more = {"NextPageToken": token}
        raise incomplete(_("More than {limit} pages.", limit=PAGES), *_CALL)


def _day(row: Answer) -> date:
    try:
        return date.fromisoformat(str(row["TimePeriod"]["Start"]))
    except (KeyError, TypeError, ValueError) as error:
        # Skipping a row without a date would make its day look free of costs.
        raise incomplete(_("Cost Explorer returned costs without a day."), *_CALL) from error


def _groups(row: Answer) -> list[Answer]:
    if row.get("Groups") is None:
        # Missing groups would make the day look free of costs.
        raise incomplete(_("Cost Explorer returned a day without costs."), *_CALL)
    return rows(row, "Groups")


def _cost(group: Answer, day: date) -> DailyCost:
    keys, value = group.get("Keys") or (), (group.get("Metrics") or {}).get(METRIC) or {}
    if len(keys) != len(GROUPS) or not all(is_readable(str(key)) for key in keys):
        raise incomplete(_("Cost Explorer returned costs without a service."), *_CALL)
    service, record = map(str, keys)
    unit = value.get("Unit")
    if unit != CURRENCY:
        text = _("Cost Explorer responded in {unit}; only US dollars can be converted to yen.")
        raise incomplete(text.format(unit=clean(unit) or "?"), *_CALL)
    kind = CostKind.TAX if service == "Tax" else _KINDS.get(record.lower(), CostKind.CHARGE)
    return DailyCost(
        day=day, service=RawId(service), title=service, record=record, kind=kind, usd=_amount(value)
    )


def _amount(value: Answer) -> Decimal:
    amount = decimal(value.get("Amount"))
    if amount is None:
        # Skipping an unreadable amount would count it as zero.
        text = _("Cost Explorer returned an amount that is not a number: {amount}.")
        raise incomplete(text.format(amount=clean(value.get("Amount")) or "?"), *_CALL)
    return amount


def decimal(value: object) -> Decimal | None:
    if not isinstance(value, str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < _MOST else None
