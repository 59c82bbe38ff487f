"""Source: DescribeDBInstances, DescribeEvents (Amazon RDS API reference); "Amazon RDS metrics" (Amazon RDS user guide)."""

import re
from datetime import timedelta
from statistics import median

from services.i18n import N_, _
from services.incidents.facts import Facts, minutes_before
from services.incidents.signals.base import Judged, SignalSpec, absent, highest, present, unseen, when_over
from services.models.causes import SignalState
from services.models.evidence import EvidencePlace
from services.models.first_wave import Measure, Source
from services.models.metrics import Series
from services.models.rds import Database

GIB = 2.0**30
JUST_BEFORE = 15  # Minutes before T0 in which an event of RDS counts
CONNECTIONS = 80.0  # Limit of connections if the runbook has none
CPU = 70.0  # Limit of the CPU in % if the runbook has none
TIMES = 3.0  # Multiple of the usual load of the database from which its sessions wait
CPU_USED_UP = 90.0  # % of the CPU from which nothing is left for further queries
_EVENTS = re.compile(
    r"failover|restart|shutdown|recover|reboot|maintenance|DB instance stopped", re.IGNORECASE
)
_HARMLESS = re.compile(r"backing up|finished|backup|completed(?! failover)", re.IGNORECASE)
_OUT = frozenset(
    {
        "creating", "deleting", "failed", "failing-over", "inaccessible-encryption-credentials",
        "inaccessible-encryption-credentials-recoverable", "incompatible-network", "incompatible-parameters",
        "rebooting", "restore-error", "starting", "stopped", "stopping", "storage-full",
    }
)  # fmt: skip
"""Statuses in which the database does not serve."""
_UNDER_WORK = ("maintenance", "renaming", "upgrading")


def _place(metric: str, facts: Facts) -> EvidencePlace:
    return EvidencePlace(kind="widget", target=f"AWS/RDS/{metric}", at=facts.start)


def _limit(facts: Facts, metric: str, otherwise: float) -> float:
    limit = facts.runbook.limit_for("AWS/RDS", metric)
    return limit.below if limit is not None and limit.below is not None else otherwise


def _connections_high(facts: Facts) -> Judged:
    if why := facts.uncounted(Measure.DB_CONNECTIONS):
        return unseen(why)
    values, before = facts.since(Measure.DB_CONNECTIONS), facts.before(Measure.DB_CONNECTIONS)
    if not values:
        return unseen(_("CloudWatch has no data of it"))
    limit = _limit(facts, "DatabaseConnections", CONNECTIONS)
    value, bound = f"{max(values):.0f}", f"≥ {limit:.0f}"
    is_risen = not before or max(values) > 1.2 * median(before)
    if max(values) < limit or not is_risen:
        return absent(value, bound)
    at = when_over(facts, facts.points(Measure.DB_CONNECTIONS), limit)
    return present(value, bound, at, _place("DatabaseConnections", facts))


def _connections_flat(facts: Facts) -> Judged:
    """Says nothing while the CPU is over its limit: expensive queries need no more connections than cheap ones."""
    if why := facts.uncounted(Measure.DB_CONNECTIONS):
        return unseen(why)
    values, before = facts.since(Measure.DB_CONNECTIONS, lead=2), facts.before(Measure.DB_CONNECTIONS)
    if not values or not before:
        return unseen(_("there is nothing to compare it with"))
    middle = median(before)
    value = f"{min(values):.0f}–{max(values):.0f}"
    is_flat = 0.7 * middle - 3 <= min(values) and max(values) <= 1.3 * middle + 3
    is_busy = _cpu_raised(facts).state is SignalState.PRESENT or _cpu_high(facts).state is SignalState.PRESENT
    if is_flat and is_busy:
        return unseen(_("its CPU is busy"), is_out_of_reach=True)
    return (present if is_flat else absent)(value)


def _connections_gone(facts: Facts) -> Judged:
    if why := facts.uncounted(Measure.DB_CONNECTIONS):
        return unseen(why)
    values, before = facts.since(Measure.DB_CONNECTIONS), facts.before(Measure.DB_CONNECTIONS)
    if not values or not before or median(before) < 5:
        return unseen(_("there is nothing to compare it with"))
    limit = 0.15 * median(before)
    value = _("{count} of {total}", count=f"{min(values):.0f}", total=f"{median(before):.0f}")
    bound = f"≤ {limit:.0f}"
    if min(values) > limit:
        return absent(value, bound)
    points = facts.points(Measure.DB_CONNECTIONS)
    at = next(
        (at for at, count in points if at >= facts.start - timedelta(minutes=5) and count <= limit), None
    )
    return present(value, bound, at, _place("DatabaseConnections", facts))


def _event(facts: Facts) -> Judged:
    for event in reversed(facts.evidence.database_events):
        lead = minutes_before(facts.start, event.at)
        is_about = _EVENTS.search(event.message) and not _HARMLESS.search(event.message)
        if is_about and lead <= JUST_BEFORE:
            return present(event.message, at=event.at)
    return absent()


def _not_available(facts: Facts) -> Judged:
    database = facts.evidence.database
    if database is None:
        return unseen(_("it was not read"))
    if database.status in _UNDER_WORK:
        return unseen(_("in maintenance it may serve or not"), is_out_of_reach=True)
    return (present if database.status in _OUT else absent)(database.status)


def _cpu_high(facts: Facts) -> Judged:
    if why := facts.uncounted(Measure.DB_CPU):
        return unseen(why)
    most = max(facts.since(Measure.DB_CPU, lead=3), default=0.0)
    bound = f"≥ {CPU_USED_UP:.0f}%"
    if most >= CPU_USED_UP:
        at = when_over(facts, facts.points(Measure.DB_CPU), CPU_USED_UP)
        return present(f"{most:.0f}%", bound, at, _place("CPUUtilization", facts))
    credits = facts.since(Measure.DB_CREDITS, lead=3)
    if credits and min(credits) < 2 and most >= 20:
        text = _("{count} CPU credits left", count=f"{min(credits):.0f}")
        return present(text, "< 2", place=_place("CPUCreditBalance", facts))
    return absent(f"{most:.0f}%", bound)


def _cpu_raised(facts: Facts) -> Judged:
    if why := facts.uncounted(Measure.DB_CPU):
        return unseen(why)
    before = facts.before(Measure.DB_CPU)
    most = max(facts.since(Measure.DB_CPU, lead=3), default=0.0)
    limit = _limit(facts, "CPUUtilization", CPU)
    value, bound = f"{most:.0f}%", f"≥ {limit:.0f}%"
    is_risen = not before or most > 1.2 * median(before)
    if most < limit or not is_risen:
        return absent(value, bound)
    at = when_over(facts, facts.points(Measure.DB_CPU), limit)
    return present(value, bound, at, _place("CPUUtilization", facts))


def _cpu_low(facts: Facts) -> Judged:
    most = highest(facts, Measure.DB_CPU)
    if isinstance(most, Judged):
        return most
    if most < 50 and _cpu_high(facts).state is SignalState.PRESENT:
        return unseen(_("its CPU or credits were used up"), is_out_of_reach=True)
    return (present if most < 50 else absent)(f"{most:.0f}%", "< 50%")


def _waiting(facts: Facts) -> Judged:
    """Whether more sessions are active than the CPU explains: they wait, for locks or for the disk."""
    if why := facts.uncounted(Measure.DB_LOAD) or facts.uncounted(Measure.DB_CPU):
        return unseen(why, is_out_of_reach=not facts.points(Measure.DB_LOAD))
    most = max(facts.since(Measure.DB_LOAD), default=0.0)
    cpus = _cpus(facts.evidence.database)
    before = facts.before(Measure.DB_LOAD)
    limit = max(cpus, TIMES * median(before)) if before else cpus
    cpu = max(facts.since(Measure.DB_CPU), default=0.0)
    value = _("{load} sessions, CPU {cpu}%", load=f"{most:.1f}", cpu=f"{cpu:.0f}")
    bound = f"≥ {limit:.1f}"
    if most < limit or cpu >= CPU or min(facts.since(Measure.DB_CREDITS, lead=3), default=100.0) < 2:
        return absent(value, bound)
    return present(value, bound, when_over(facts, facts.points(Measure.DB_LOAD), limit))


def _cpus(database: Database | None) -> float:
    """The vCPUs of an instance class: 2 up to large, 4 of xlarge, 4 n of n-xlarge (Amazon RDS user guide)."""
    size = database.instance_class.rpartition(".")[2] if database is not None else ""
    if not size.endswith("xlarge"):
        return 2.0
    factor = size.removesuffix("xlarge")
    return 4.0 * int(factor) if factor.isdecimal() else 4.0


def _burst_empty(facts: Facts) -> Judged:
    if why := facts.uncounted(Measure.DB_BURST):
        return unseen(why, is_out_of_reach=not facts.points(Measure.DB_BURST))
    least = min(facts.since(Measure.DB_BURST, lead=3), default=100.0)
    return (present if least <= 5 else absent)(f"{least:.0f}%", "≤ 5%")


def _free_share(facts: Facts) -> tuple[float, str] | str:
    """(free share of the storage, as text), or why it is not known."""
    if why := facts.uncounted(Measure.DB_FREE):
        return why
    database = facts.evidence.database
    if database is None or not database.storage_gib:
        return facts.unread(Source.DATABASE) or _("the size of the storage is not known")
    free = min(facts.since(Measure.DB_FREE, lead=5), default=None)
    if free is None:
        return _("CloudWatch has no data of it")
    share = free / (database.storage_gib * GIB)
    return share, _("{free} GiB free of {size} GiB", free=f"{free / GIB:.1f}", size=database.storage_gib)


def _storage_empty(facts: Facts) -> Judged:
    database = facts.evidence.database
    if database is not None and database.status == "storage-full":
        return present(database.status, place=_place("FreeStorageSpace", facts))
    free = _free_share(facts)
    if isinstance(free, str):
        return unseen(free)
    share, text = free
    return (
        present(text, "≤ 1%", place=_place("FreeStorageSpace", facts))
        if share <= 0.01
        else absent(text, "≤ 1%")
    )


def _storage_ample(facts: Facts) -> Judged:
    free = _free_share(facts)
    if isinstance(free, str):
        return unseen(free)
    share, text = free
    return present(text, "> 10%") if share > 0.1 else absent(text, "> 10%")


def _change(curve: Series | None) -> float | None:
    """By how much a curve changed over its length: the medians of its first and last five points."""
    if curve is None or len(curve.values) < 20:
        return None
    return median(curve.values[-5:]) - median(curve.values[:5])


def _falling(facts: Facts) -> Judged:
    if why := facts.uncounted(Measure.DB_FREE):
        return unseen(why)
    change = _change(facts.evidence.curve(Measure.DB_FREE))
    if change is None:
        return unseen(_("there is nothing to compare it with"))
    value = _("{change} GiB in 3 hours", change=f"{change / GIB:+.1f}")
    is_falling = change < -0.2 * GIB
    return present(value, place=_place("FreeStorageSpace", facts)) if is_falling else absent(value)


def _wal(facts: Facts) -> Judged:
    if why := facts.uncounted(Measure.DB_WAL):
        return unseen(why)
    risen, fallen = (_change(facts.evidence.curve(each)) for each in (Measure.DB_WAL, Measure.DB_FREE))
    if risen is None:
        return unseen(_("there is nothing to compare it with"))
    value = _("{change} GiB in 3 hours", change=f"{risen / GIB:+.1f}")
    is_main = risen > 0.2 * GIB and (fallen is None or risen >= 0.5 * -fallen)
    return present(value) if is_main else absent(value)


def _slot(facts: Facts) -> Judged:
    if why := facts.uncounted(Measure.DB_SLOT_LAG):
        return unseen(why)
    most = max(facts.since(Measure.DB_SLOT_LAG, lead=10), default=0.0)
    value = f"{most / GIB:.1f} GiB"
    return present(value, "≥ 1 GiB") if most >= GIB else absent(value, "≥ 1 GiB")


SIGNALS = (
    SignalSpec("connections-high", N_("The database's connections reached their limit"), Source.METRICS, _connections_high, direct_for=("database-saturated",), group="connections", look="dashboard"),
    SignalSpec("connections-flat", N_("The number of connections is as before"), Source.METRICS, _connections_flat, group="connections", look="dashboard"),
    SignalSpec("connections-gone", N_("The connections to the database went away"), Source.METRICS, _connections_gone, group="connections", look="dashboard"),
    SignalSpec("db-event", N_("RDS reports a failover, a stop, a restart or maintenance"), Source.DATABASE_EVENTS, _event, direct_for=("database-unreachable",), look="databases"),
    SignalSpec("db-not-available", N_("By its status, the database does not serve"), Source.DATABASE, _not_available, direct_for=("database-unreachable",), look="databases"),
    SignalSpec("db-cpu-high", N_("The database's CPU or credits were used up"), Source.METRICS, _cpu_high, direct_for=("database-saturated",), group="db-cpu", look="dashboard"),
    SignalSpec("db-cpu-raised", N_("The database's CPU went over its limit"), Source.METRICS, _cpu_raised, group="db-cpu", look="dashboard"),
    SignalSpec("db-waiting", N_("Sessions of the database waited, not for the CPU"), Source.METRICS, _waiting, look="slow-queries"),
    SignalSpec("db-burst-empty", N_("The storage's burst balance was used up"), Source.METRICS, _burst_empty, direct_for=("database-saturated",), group="db-cpu", look="dashboard"),
    SignalSpec("db-cpu-low", N_("The database's CPU stayed low"), Source.METRICS, _cpu_low, group="db-cpu", look="dashboard"),
    SignalSpec("storage-empty", N_("The database's storage is used up"), Source.METRICS, _storage_empty, direct_for=("database-full",), group="storage", look="rds-storage"),
    SignalSpec("storage-ample", N_("The database has free storage"), Source.METRICS, _storage_ample, group="storage", look="dashboard"),
    SignalSpec("storage-falling", N_("Free storage falls steadily"), Source.METRICS, _falling, direct_for=("data-growth",), look="dashboard"),
    SignalSpec("wal-growing", N_("Transaction logs take most of the lost space"), Source.METRICS, _wal, direct_for=("wal-kept",), group="wal", look="databases"),
    SignalSpec("slot-lagging", N_("A replication slot lags behind"), Source.METRICS, _slot, direct_for=("wal-kept",), group="wal", look="databases"),
)  # fmt: skip
