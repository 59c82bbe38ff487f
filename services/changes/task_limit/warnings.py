"""What an operator should know before changing the task limit. Pure."""

from collections.abc import Iterator
from datetime import timedelta, tzinfo

from services.changes.task_limit.facts import action_text
from services.changes.task_limit.parameters import Wish
from services.changes.task_limit.state import Seen
from services.changes.wording import moment
from services.i18n import _, plural
from services.models.changes import Caution
from services.models.runbook import Approver, Runbook

RAISING = "最大タスク数の引き上げ"
"""As the runbook's approvers name it."""
FAR = timedelta(days=62)
"""A way back beyond it is a slip of the year or the month more often than a wish."""


def cautions(seen: Seen, wish: Wish, runbook: Runbook, zone: tzinfo) -> tuple[Caution, ...]:
    """In order of weight: what breaks something first."""
    assert seen.target is not None
    raising = wish.maximum > seen.target.maximum
    found = [
        *_stopped(seen, wish),
        *(_approval(runbook) if raising else ()),
        *(_connections(seen, wish, runbook) if raising else ()),
        *_suspended(seen, wish),
        *_cpu(seen, wish, raising=raising),
        *_way_back(seen, wish, raising=raising, zone=zone),
        *_others(seen, wish, zone),
        *_deployment(seen),
        Caution(
            grave=False,
            text=_("Only MaxCapacity is sent; the minimum stays {minimum}.").format(
                minimum=seen.target.minimum
            ),
        ),
        Caution(grave=False, text=_("Terraform or other IaC may put the old limit back when it is applied.")),
    ]
    if raising:
        found.append(Caution(grave=False, text=_("The Fargate quota of the account is not checked.")))
    return tuple(sorted(found, key=lambda caution: not caution.grave))


def approver(runbook: Runbook) -> Approver | None:
    """Who approves a raised limit; None: nobody has to."""
    return next((each for each in runbook.approvers if RAISING in each.approves), None)


def stopped_text(count: int) -> str:
    """`3 tasks are stopped at once`."""
    return plural("{count} task is stopped at once", "{count} tasks are stopped at once", count).format(
        count=count
    )


def _stopped(seen: Seen, wish: Wish) -> Iterator[Caution]:
    count = seen.stopped(wish.maximum)
    if count:
        text = _("Desired is {desired}: AWS stops the tasks above {maximum} the moment it is lowered.")
        yield Caution(grave=True, text=text.format(desired=seen.desired, maximum=wish.maximum))


def _approval(runbook: Runbook) -> Iterator[Caution]:
    who = approver(runbook)
    if who is None:
        return
    if who.undecided:
        text = _("Raising it needs the approval of {role}; the runbook does not say yet who that is.")
        yield Caution(grave=True, text=text.format(role=who.role))
    else:
        text = _("Raising it needs the approval of {role} ({name}).")
        yield Caution(grave=False, text=text.format(role=who.role, name=who.name))


def _connections(seen: Seen, wish: Wish, runbook: Runbook) -> Iterator[Caution]:
    """Tasks × connections per task against the runbook's limit."""
    limit = runbook.limit_for("AWS/RDS", "DatabaseConnections")
    if runbook.rds is None or limit is None or limit.below is None:
        return
    each = runbook.ecs.connections_per_task if runbook.ecs else None
    if each is not None:
        how = _("{each} connections per task by the runbook").format(each=each)
        expected = float(each * wish.maximum)
    elif seen.load.connections is not None and seen.running > 0:
        how = _("{connections} connections on {running} running tasks now").format(
            connections=round(seen.load.connections), running=seen.running
        )
        expected = seen.load.connections / seen.running * wish.maximum
    else:
        text = _(
            "The database's connections could not be measured: check that {maximum} tasks stay below {limit}."
        )
        yield Caution(grave=True, text=text.format(maximum=wish.maximum, limit=f"{limit.below:g}"))
        return
    over = expected >= limit.below
    text = (
        _(
            "Database connections: {how}, so {maximum} tasks make about {expected}; the limit is below {limit}. That is too many."
        )
        if over
        else _(
            "Database connections: {how}, so {maximum} tasks make about {expected}; the limit is below {limit}."
        )
    )
    yield Caution(
        grave=over,
        text=text.format(how=how, maximum=wish.maximum, expected=round(expected), limit=f"{limit.below:g}"),
    )


def _suspended(seen: Seen, wish: Wish) -> Iterator[Caution]:
    if seen.target is None or not seen.target.suspended:
        return
    yield Caution(
        grave=True,
        text=_("Auto Scaling is suspended, at least in part: a higher limit alone may start no task."),
    )
    if wish.way == "aws":
        yield Caution(
            grave=True, text=_("While scheduled scaling is suspended, AWS does not take it back either.")
        )


def _cpu(seen: Seen, wish: Wish, *, raising: bool) -> Iterator[Caution]:
    """What the load of now would be on the lower limit: the new one, or the one it is taken back to."""
    assert seen.target is not None
    lower = seen.target.maximum if raising else wish.maximum
    if raising and wish.way == "none":
        return
    if seen.load.cpu is None:
        yield Caution(grave=not raising, text=_("The CPU load could not be measured."))
        return
    if seen.running != seen.desired:
        text = _(
            "Tasks start or stop now (desired {desired}, running {running}): no telling what the CPU would be."
        )
        yield Caution(grave=not raising, text=text.format(desired=seen.desired, running=seen.running))
        return
    tasks = min(seen.running, lower) or 1
    expected = seen.load.cpu * seen.running / tasks
    over = seen.aim is not None and expected > seen.aim
    aim = "–" if seen.aim is None else f"{seen.aim:g} %"
    text = (
        _(
            "If it were taken back to {lower} now, CPU would be about {expected} % (now {cpu} %, target {aim})."
        )
        if raising
        else _("With {lower} tasks at most, CPU would be about {expected} % (now {cpu} %, target {aim}).")
    )
    yield Caution(
        grave=over and not raising,
        text=text.format(lower=lower, expected=round(expected), cpu=round(seen.load.cpu), aim=aim),
    )


def _way_back(seen: Seen, wish: Wish, *, raising: bool, zone: tzinfo) -> Iterator[Caution]:
    assert seen.target is not None
    if wish.at is None:
        return
    if raising and wish.at - seen.at > FAR:
        text = _(
            "The way back is {days} days away ({when}): check the date. A raised limit costs until then."
        )
        when = moment(wish.at, zone)
        yield Caution(grave=True, text=text.format(days=(wish.at - seen.at).days, when=when))
    when, before = moment(wish.at, zone), seen.target.maximum
    if wish.way == "duty":
        text = _("Nobody takes it back by itself: on {when} a duty asks a person to.")
        yield Caution(grave=False, text=text.format(when=when))
    elif raising:
        text = _("On {when} AWS stops the tasks above {before} at once, whatever the load is then.")
        yield Caution(grave=False, text=text.format(when=when, before=before))


def _others(seen: Seen, wish: Wish, zone: tzinfo) -> Iterator[Caution]:
    for action in seen.actions:
        text = _("A scheduled action is there already: {name}, {what}.")
        cuts = action.maximum is not None and action.maximum < wish.maximum
        yield Caution(grave=cuts, text=text.format(name=action.name, what=action_text(action, zone)))


def _deployment(seen: Seen) -> Iterator[Caution]:
    if seen.deploying:
        yield Caution(grave=False, text=_("A deployment is under way: until it ends no task is scaled in."))
    else:
        yield Caution(grave=False, text=_("While a deployment runs, no task is scaled in."))
