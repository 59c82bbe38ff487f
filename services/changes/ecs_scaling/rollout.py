"""What replacing every task of an ECS service means: how many keep serving, how many run. Pure. Source:
DeploymentConfiguration (Amazon ECS API reference): minimumHealthyPercent of the desired count is rounded up,
maximumPercent down; the strategies other than ROLLING run a second, full set of tasks."""

import math
from collections.abc import Iterator

from services.changes.base import warning
from services.changes.ecs_scaling.cost import TaskPrice, cost_text
from services.i18n import N_, _, plural, sentences
from services.models.changes import Caution
from services.models.ecs import ContainerService
from services.models.runbook import Runbook

_LARGEST = 100  # Desired counts that are tried for one with which a deployment can proceed
_GAPS = {
    (False, True): N_(
        "The service is down for minutes: all {count} tasks are stopped before their successors start."
    ),
    (False, False): N_(
        "The service may be down: all {count} tasks may be stopped before their successors are healthy."
    ),
    (True, True): N_(
        "At least {least} of {count} tasks keep serving; up to {fewer} are stopped before their successors start."
    ),
    (True, False): N_(
        "At least {least} of {count} tasks keep serving; up to {fewer} may be stopped before their successors are healthy."
    ),
}
"""By whether any task keeps serving, and whether none can start before one is stopped."""


def bounds(service: ContainerService, desired: int | None = None) -> tuple[int, int] | None:
    """(how many tasks keep serving, how many run at most) during a deployment; None: AWS does not tell."""
    rules, count = service.configuration, service.desired if desired is None else desired
    if rules.strategy != "ROLLING":
        return count, 2 * count
    if rules.minimum_healthy is None or rules.maximum is None:
        return None
    least = math.ceil(count * rules.minimum_healthy / 100)
    # No more than `count` new tasks are started, whatever maximumPercent allows.
    return min(count, least), min(2 * count, count * rules.maximum // 100)


def is_stuck(service: ContainerService, desired: int | None = None) -> bool:
    count = service.desired if desired is None else desired
    least, most = bounds(service, count) or (0, 0)
    return 0 < count <= least and most <= count


def refusals(service: ContainerService) -> Iterator[str]:
    if not is_stuck(service):
        return
    rules, count = service.configuration, service.desired
    least, most = bounds(service) or (0, 0)
    text = _(
        "A deployment of {count} tasks cannot proceed: at least {least} must keep running (minimumHealthyPercent "
        "{minimum}) and at most {most} may run (maximumPercent {maximum}). Set maximumPercent to {needed} or more.",
        count=count,
        least=least,
        most=most,
        minimum=rules.minimum_healthy,
        maximum=rules.maximum,
        needed=-(-100 * (count + 1) // count),
    )
    other = next((n for n in range(count + 1, _LARGEST) if not is_stuck(service, n)), None)
    either = _("Or set the desired count to {count} first.", count=other) if other else ""
    yield sentences(text, either)


def impact(service: ContainerService) -> str:
    """What is not available meanwhile; "" if every task is replaced before it is stopped."""
    limits = bounds(service)
    return "" if limits is None or limits[0] >= service.desired else downtime(service)


def downtime(service: ContainerService) -> str:
    limits, count, strategy = bounds(service), service.desired, service.configuration.strategy
    if limits is None:
        return _("Unknown: AWS does not report how many tasks keep serving (deploymentConfiguration).")
    least, most = limits
    if not count:
        return _("None: the desired count is 0, no task serves.")
    if strategy != "ROLLING":
        text = _(
            "None: the {count} old tasks serve until the traffic has moved to as many new ones ({strategy})."
        )
    elif least >= count:
        text = _("None: each task is stopped once its successor is healthy.")
    else:
        text = _(_GAPS[least > 0, most <= count])
    return text.format(count=count, least=least, fewer=count - least, strategy=strategy)


def cost(service: ContainerService, price: TaskPrice, runbook: Runbook) -> str:
    limits, rules = bounds(service), service.configuration
    if limits is None:
        return _("Unknown: AWS does not report how many tasks run at most (deploymentConfiguration).")
    more = limits[1] - service.desired
    if more <= 0:
        return _("None: no more than {count} tasks run at a time.", count=service.desired)
    if rules.strategy == "ROLLING":
        text = plural(
            "Up to {count} more task runs until it is complete.",
            "Up to {count} more tasks run until it is complete.",
            more,
        )
    elif rules.bake_minutes is None:
        text = _("{count} more tasks run until the old ones are stopped.")
    else:
        text = _(
            "{count} more tasks run until the old ones are stopped, {minutes} minutes after the traffic has moved."
        )
    return cost_text(text.format(count=more, minutes=rules.bake_minutes), more, price, runbook)


def warnings(service: ContainerService) -> Iterator[Caution]:
    if service.running < service.desired:
        text = _("Only {running} of {desired} tasks run now: fewer than planned serve meanwhile.")
        yield warning(text.format(running=service.running, desired=service.desired), grave=True)
    if not service.configuration.breaker:
        yield warning(_("Without a circuit breaker nothing ends it if the new tasks fail: watch it."))
    elif service.configuration.breaker_rolls_back:
        yield warning(_("If the new tasks fail, the circuit breaker of ECS rolls it back."))
    else:
        yield warning(_("If the new tasks fail, the circuit breaker of ECS ends it, and rolls nothing back."))


def expected(service: ContainerService | None) -> list[object]:
    if service is None:
        return []
    rules = service.configuration
    return [rules.minimum_healthy, rules.maximum, rules.strategy, is_stuck(service)]
