"""What more tasks of a service cost, in yen where AWS's price list has a price.

Source: AWS Fargate pricing: vCPU and memory of the task, by the second; what a task has of storage beyond 20 GiB is not
included.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from services.aws.client.errors import AwsError
from services.aws.client.prices import yen_per_dollar
from services.aws.pricing import PricingReader
from services.changes.base import ChangeContext
from services.changes.rds.cost import HOURS, MonthlyCost, rate_text, source_text
from services.i18n import _, sentences
from services.models.ecs import ContainerService
from services.models.ecs_deployments import TaskDefinition
from services.models.runbook import Runbook

_CPU_UNITS, _MIB = 1024, 1024
"""Of a vCPU, of a GB."""
_ARM = {"": False, "LINUX/X86_64": False, "LINUX/ARM64": True}
"""Platforms whose price is read."""


@dataclass(frozen=True, slots=True)
class TaskPrice:
    """What one task costs; without `monthly`, `why` says why that is not known."""

    monthly: MonthlyCost | None = None
    why: str = ""
    is_charged: bool = True
    """False: it runs on instances, which are charged with or without it."""

    @property
    def hourly(self) -> Decimal:
        return self.monthly.usd / HOURS if self.monthly else Decimal()


NO_PRICE = TaskPrice()
"""Nothing was read."""


class TaskPrices:
    """Reads what a task costs; each price of a processor is read once."""

    def __init__(self, context: ChangeContext) -> None:
        self._region = context.region
        self._pricing = PricingReader(context.reader)
        self._hours: dict[bool, tuple[MonthlyCost, MonthlyCost]] = {}

    async def of(self, service: ContainerService | None, definition: TaskDefinition | None) -> TaskPrice:
        """The price of one task of the service with this definition; never raises AwsError."""
        launches_on = set(service.launches_on) if service is not None else set()
        if launches_on and not launches_on & {"FARGATE", "FARGATE_SPOT"}:
            return TaskPrice(is_charged=False)
        if launches_on != {"FARGATE"}:
            return TaskPrice(why=", ".join(sorted(launches_on)) or _("AWS does not report the launch type"))
        if definition is None or not definition.cpu or not definition.memory:
            return TaskPrice(why=_("the size of a task could not be read"))
        if definition.platform not in _ARM:
            return TaskPrice(why=definition.platform)
        hours = await self._of(arm=_ARM[definition.platform])
        if hours is None:
            return TaskPrice(why=_("AWS's price list could not be read"))
        vcpu, memory = hours
        usd = vcpu.usd * definition.cpu / _CPU_UNITS + memory.usd * definition.memory / _MIB
        return TaskPrice(MonthlyCost(usd, vcpu.as_of))

    async def _of(self, *, arm: bool) -> tuple[MonthlyCost, MonthlyCost] | None:
        if arm not in self._hours:
            try:
                prices = await self._pricing.fargate_hours(self._region, arm=arm)
            except AwsError:
                return None
            monthly = [
                MonthlyCost(each.usd * HOURS, each.published.date() if each.published else None)
                for each in prices
                if each is not None
            ]
            if len(monthly) < len(prices):
                return None
            self._hours[arm] = (monthly[0], monthly[1])
        return self._hours[arm]


def yen_text(usd: Decimal, runbook: Runbook) -> str:
    """`¥4.6`, `¥29,490`."""
    yen = float(usd) * yen_per_dollar(runbook.costs)
    return f"¥{yen:,.0f}" if yen >= 100 else f"¥{yen:,.1f}"


def cost_text(
    tasks: str,
    count: int,
    price: TaskPrice,
    runbook: Runbook,
    *,
    lasts: timedelta | None = None,
    is_lasting: bool = False,
) -> str:
    """`tasks`, then what so many tasks cost: an hour, and until they are reverted, or a month if they stay."""
    if not price.is_charged:
        return sentences(tasks, _("They run on the cluster's instances, which are charged in any case."))
    if price.monthly is None:
        return sentences(tasks, _("Their price is unknown: {why}.").format(why=price.why or "—"))
    text = _("About {hour} an hour ({source}; $1 = ¥{rate}).")
    total = Decimal()
    if lasts is not None:
        text = _("About {hour} an hour, {total} until it is reverted ({source}; $1 = ¥{rate}).")
        total = price.hourly * count * Decimal(lasts / timedelta(hours=1))
    elif is_lasting:
        text = _("About {hour} an hour, {total} a month ({source}; $1 = ¥{rate}).")
        total = price.monthly.usd * count
    return sentences(
        tasks,
        text.format(
            hour=yen_text(price.hourly * count, runbook),
            total=yen_text(total, runbook),
            source=source_text(price.monthly),
            rate=rate_text(runbook),
        ),
    )
