"""What more tasks of a service cost, in yen where AWS's price list has a price. Source: AWS Fargate pricing:
vCPU and memory of the task, by the second; what a task has of storage beyond 20 GiB is not included."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from services.aws.client.errors import AwsError
from services.aws.client.prices import yen_per_dollar
from services.aws.pricing import PricingReader
from services.changes.base import ChangeContext
from services.changes.ecs_scaling.quota import CPU_UNITS
from services.changes.rds.cost import HOURS, MonthlyCost, listed, rate_text, source_text
from services.i18n import _, sentences
from services.models.ecs import ContainerService
from services.models.ecs_deployments import TaskDefinition
from services.models.runbook import Runbook

_MIB = 1024  # Of a GB
_ARM = {"": False, "LINUX/X86_64": False, "LINUX/ARM64": True}  # Platforms whose price is read
MEANWHILE = timedelta()  # How long tasks run that are there only while others are replaced


@dataclass(frozen=True, slots=True)
class TaskPrice:
    """What one task costs; without `monthly`, `why` says why that is not known."""

    monthly: MonthlyCost | None = None
    why: str = ""
    is_charged: bool = True  # False: it runs on instances, which are charged with or without it

    @property
    def hourly(self) -> Decimal:
        return self.monthly.usd / HOURS if self.monthly else Decimal()


NO_PRICE = TaskPrice()  # Nothing was read


class TaskPrices:
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
        arm = _ARM[definition.platform]
        if arm not in self._hours:
            with suppress(AwsError):
                hours = await self._pricing.fargate_hours(self._region, arm=arm)
                if hours[0] and hours[1]:
                    self._hours[arm] = listed(hours[0], HOURS), listed(hours[1], HOURS)
        if arm not in self._hours:
            return TaskPrice(why=_("AWS's price list could not be read"))
        vcpu, memory = self._hours[arm]
        usd = vcpu.usd * definition.cpu / CPU_UNITS + memory.usd * definition.memory / _MIB
        return TaskPrice(MonthlyCost(usd, vcpu.as_of))


def yen_text(usd: Decimal, runbook: Runbook) -> str:
    """`¥4.6`, `¥29,490`."""
    yen = float(usd) * yen_per_dollar(runbook.costs)
    return f"¥{yen:,.0f}" if yen >= 100 else f"¥{yen:,.1f}"


def cost_text(
    tasks: str, count: int, price: TaskPrice, runbook: Runbook, lasts: timedelta | None = MEANWHILE
) -> str:
    """`tasks`, then what so many tasks cost: an hour, and until they are reverted, or a month if they stay (None)."""
    if not price.is_charged:
        return sentences(tasks, _("They run on the cluster's instances, which are charged in any case."))
    if price.monthly is None:
        return sentences(tasks, _("Their price is unknown: {why}.", why=price.why or "—"))
    hourly, total = price.hourly * count, price.monthly.usd * count
    if lasts is None:
        text = _("About {hour} an hour, {total} a month ({source}; $1 = ¥{rate}).")
    elif lasts:
        text = _("About {hour} an hour, {total} until it is reverted ({source}; $1 = ¥{rate}).")
        total = hourly * Decimal(lasts / timedelta(hours=1))
    else:
        text = _("About {hour} an hour ({source}; $1 = ¥{rate}).")
    hour, whole = yen_text(hourly, runbook), yen_text(total, runbook)
    source, rate = source_text(price.monthly), rate_text(runbook)
    return sentences(tasks, text.format(hour=hour, total=whole, source=source, rate=rate))
