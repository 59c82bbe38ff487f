"""Source: DescribeServices, ListServiceDeployments, DescribeServiceRevisions (Amazon ECS API reference)."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median

from services.i18n import N_, _, plural
from services.incidents.differences import difference, newest_revisions
from services.incidents.facts import Facts, detail_of, message_of, minutes_before
from services.incidents.signals.base import Judged, SignalSpec, absent, percent, present, unseen
from services.incidents.signals.dependencies import PASSWORD, QUOTED, Kind, named_dependencies
from services.incidents.signals.logs import new_kind
from services.incidents.signals.tasks import ends_by_itself, recent_tasks, unlisted
from services.models.aws_codes import ROLLOUTS, deployment_state, word_of
from services.models.causes import SignalState
from services.models.first_wave import Measure, Source
from services.models.text import clean

JUST_BEFORE = 30  # Minutes before T0 in which a deployment counts as just before
DAY = 24 * 60
ROLLED_OUT = 6
"""Minutes in which a deployment replaces the tasks: what fails only later has another reason as likely."""
SOON = 10
"""Minutes before T0 within which a deployment explains that its tasks fail, though no older one is left to compare."""
OVERLAP = timedelta(minutes=2)
"""How long both revisions must have served in the bad minutes before their errors can be compared."""
LEAST = 3  # Errors from which their distribution over tasks says anything
DEARER, EARLY = 1.5, 1.1
"""Multiple of the cost of a request before the deployment: now, and in the first minutes after it at least."""
SERVING = timedelta(minutes=2)  # How soon after its start a deployment's tasks serve
_FAILED = ("ROLLBACK", "STOPPED")
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")  # What Secrets Manager appends to the name of a secret in its ARN
_TIMED_OUT = re.compile(r"timed?[ -]?out", re.IGNORECASE)
_REFUSED = re.compile(
    r"\b40[13]\b|unauthori|forbidden|authentication failed|access denied|invalid.{0,20}(?:token|key|credential)|無効",
    re.IGNORECASE,
)
_CREDENTIALS = ("TOKEN", "SECRET", "KEY", "PASS", "CRED", "AUTH")
"""Words by which variables of credentials are known."""
_NOTHING = (
    "access token secret password client user name host port base endpoint api service enabled timeout level mode "
    "default system path size count limit"
)
_GENERIC = frozenset(_NOTHING.split())  # Words of variables that name nothing by themselves
_PASSWORD_WORDS: tuple[str, ...] = ("PASS", "PWD", "SECRET", "CRED", "USER", "DSN", "_URL")
_DATABASE_WORDS: tuple[str, ...] = (
    "DB",
    "DATABASE",
    "POSTGRES",
    "MYSQL",
    "JDBC",
    "POOL",
    "PGHOST",
    "DATASOURCE",
)
_OWN_SIDE = re.compile(
    r"certificate|\bssl\b|\btls\b|handshake|unknown host|unsupported|invalid (?:port|dsn|connection)|driver",
    re.IGNORECASE,
)
"""What a client itself may have wrong when it connects to the database."""
_NO_IMAGE = re.compile(r"not ?found|manifest unknown|does not exist", re.IGNORECASE)


def _starts(facts: Facts) -> list[datetime]:
    service = facts.evidence.service
    primary = (
        [deployment.created for deployment in service.deployments if deployment.created]
        if service is not None
        else []
    )
    newest = [deployment.created for deployment in facts.evidence.deployments if deployment.created]
    return sorted({*primary, *newest}, reverse=True)


def _recent(facts: Facts) -> Judged:
    for start in _starts(facts):
        lead = minutes_before(facts.start, start)
        # T0 is the beginning of the first bad minute.
        if lead <= JUST_BEFORE and start <= facts.onset.at + timedelta(minutes=1):
            minutes = max(0, round(minutes_before(facts.onset.at, start)))
            words = plural("{minutes} minute before", "{minutes} minutes before", minutes)
            return present(words.format(minutes=minutes), at=start, is_direct=minutes <= ROLLED_OUT)
    return _missed(facts) or absent()


def _missed(facts: Facts) -> Judged | None:
    """That deployments may be missing, because one of the two lists of them was not read; None if both were."""
    why = facts.unread(Source.SERVICE, Source.DEPLOYMENTS)
    return unseen(why) if why else None


def _none(facts: Facts) -> Judged:
    starts = _starts(facts)
    if not starts:
        return _missed(facts) or unseen(_("ECS reports no deployment with its time"))
    lead = min(abs(minutes_before(facts.start, start)) for start in starts)
    value = _("{hours} hours before", hours=round(lead / 60))
    if lead <= DAY:
        return absent(value, "> 24 h")
    return _missed(facts) or present(value, "> 24 h")


def _failed(facts: Facts) -> Judged:
    service = facts.evidence.service
    first = facts.start - timedelta(minutes=JUST_BEFORE)
    for rollout in service.deployments if service is not None else ():
        if rollout.rollout == "FAILED" and (rollout.created is None or rollout.created >= first):
            text = rollout.reason or word_of(ROLLOUTS, rollout.rollout)
            return present(text, at=rollout.created, is_direct=not _blames_else(facts))
    for deployment in facts.evidence.deployments:
        is_recent = deployment.created is not None and deployment.created >= first
        if is_recent and (deployment.status.startswith(_FAILED) or deployment.breaker == "TRIGGERED"):
            text = deployment.reason or deployment_state(deployment.status)
            return present(text, at=deployment.created, is_direct=not _blames_else(facts))
    if any(deployment.status.startswith(_FAILED) for deployment in facts.evidence.deployments):
        return unseen(_("it failed long before"), is_out_of_reach=True)
    return _missed(facts) or absent()


def _blames_else(facts: Facts) -> bool:
    return _on_both(facts).state is SignalState.PRESENT or bool(named_dependencies(facts))


def _definitions(facts: Facts) -> dict[str, str]:
    evidence = facts.evidence
    definitions = {str(task.id): str(task.definition) for task in evidence.stopped_tasks}
    for running in evidence.running_tasks:
        definitions[str(running.id)] = str(running.definition)
    return definitions


def _newest(facts: Facts) -> str:
    """The newest task definition that a known task has; "" without any."""
    return max(_definitions(facts).values(), key=_revision, default="")


def _errors_by_definition(facts: Facts, until: datetime) -> Counter[str] | str:
    if why := facts.unread(Source.APPLICATION_LOG):
        return why
    definitions = _definitions(facts)
    lines = [line for line in facts.lines(facts.evidence.application_errors, lead=0) if line.at <= until]
    counts = Counter(definitions.get(line.stream.rpartition("/")[2], "") for line in lines)
    unknown = counts.pop("", 0)
    if counts.total() < LEAST or unknown > counts.total():
        return _("too few errors belong to a known task")
    return counts


def _overlap(facts: Facts) -> datetime | None:
    """Until when tasks of an older revision served beside the newest in the bad minutes; None if none did."""
    evidence = facts.evidence
    tasks = [(task.definition, task.ended) for task in evidence.stopped_tasks]
    tasks += [(task.definition, None) for task in evidence.running_tasks]
    newest = _newest(facts)
    ends = [end or evidence.ended for definition, end in tasks if definition != newest]
    last = max(ends, default=None)
    return last if last is not None and last >= facts.start + OVERLAP else None


def _is_settled(facts: Facts) -> bool:
    """Whether it is known that nothing was deployed lately, so that no error can belong to a new revision."""
    return _missed(facts) is None and bool(_starts(facts)) and _recent(facts).at is None


def _errors_while_mixed(facts: Facts) -> Counter[str] | Judged:
    """Errors by task definition while several were running, or why they cannot be compared."""
    if _is_settled(facts):
        return absent(_("nothing was deployed just before"))
    until = _overlap(facts)
    if until is None:
        return unseen(_("only one revision was running in the bad minutes"))
    counts = _errors_by_definition(facts, until)
    return unseen(counts) if isinstance(counts, str) else counts


def _on_new(facts: Facts) -> Judged:
    counts = _errors_while_mixed(facts)
    if isinstance(counts, Judged):
        return counts
    newest = _newest(facts)
    share = counts[newest] / counts.total()
    if share < 0.9:
        return absent(f"{newest} {percent(share)}", "≥ 90%")
    count = counts[newest]
    return present(_("{count} errors, all on {revision}", count=count, revision=newest), at=facts.start)


def _revision(definition: str) -> tuple[int, str]:
    """Orders task definitions (`family:revision`) by age."""
    number = definition.rpartition(":")[2]
    return (int(number) if number.isdecimal() and len(number) < 10 else 0, definition)


def _on_both(facts: Facts) -> Judged:
    if _is_settled(facts):
        return unseen(_("nothing was deployed just before"), is_out_of_reach=True)
    counts = _errors_while_mixed(facts)
    if isinstance(counts, Judged):
        return counts
    least = min(counts.values()) if len(counts) > 1 else 0
    text = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    return present(text) if least >= 0.2 * counts.total() else absent(text)


def _differs(facts: Facts) -> Judged:
    if _is_settled(facts):
        return absent(_("nothing was deployed just before"))
    revisions = newest_revisions(facts.evidence)
    if len(revisions) < 2:
        return unseen(_("only one revision is known"))
    new, old = revisions
    if new.task_definition != old.task_definition:
        return present(f"{old.task_definition} → {new.task_definition}", at=new.created)
    images = [{image.digest or image.image for image in revision.images} for revision in (new, old)]
    return present(_("the image differs"), at=new.created) if images[0] != images[1] else absent()


def _names_failure(facts: Facts) -> Judged:
    if _is_settled(facts):
        return absent(_("nothing was deployed just before"))
    changed = difference(facts.evidence)
    if changed is None:
        return unseen(_("the task definitions of both revisions were not read"))
    blamed = named_dependencies(facts, *Kind)
    texts = [text for one in blamed for text in (one.first.text, one.dependency.name)]
    texts += [f"{task.code} {task.reason}" for task in recent_tasks(facts)]
    whole = "\n".join(texts).casefold()
    names = {host.partition(":")[0] for host in changed.hosts} | changed.variables
    names |= {_SUFFIX.sub("", secret.rpartition(":secret:")[2]) for secret in changed.secrets}
    names |= {
        word
        for name in changed.variables
        for word in name.casefold().split("_")
        if len(word) > 4 and word not in _GENERIC
    }
    lines = [
        f"{text} {detail_of(line.text)}".casefold()
        for text, lines in facts.application_messages.items()
        for line in lines
    ]
    counts = {name: sum(name.casefold() in line for line in lines) for name in sorted(names) if len(name) > 3}
    if named := next((name for name in counts if name.casefold() in whole or counts[name] >= LEAST), ""):
        return present(named)
    for one in blamed:
        if PASSWORD.search(one.first.text):
            words = _PASSWORD_WORDS
        elif one.dependency.kind is Kind.DATABASE:
            words = _DATABASE_WORDS
        else:
            words = tuple(one.dependency.name.upper().split()[:1])
        if name := next(
            (name for name in sorted(changed.variables) if any(word in name.upper() for word in words)), ""
        ):
            return present(name)
    path = facts.evidence.network
    is_kept_out = (
        path is not None and not path.allowed and changed.security_groups.intersection(path.task_groups)
    )
    if changed.security_groups and (is_kept_out or _TIMED_OUT.search(whole)):
        return present(", ".join(sorted(changed.security_groups)))
    secrets = [
        name for name in sorted(changed.variables) if any(word in name.upper() for word in _CREDENTIALS)
    ]
    if secrets and _REFUSED.search(whole):
        return present(secrets[0])
    if any(counts.values()):
        return unseen(_("few errors name it"), is_out_of_reach=True)
    return absent(", ".join(sorted(names)))


def _dearer(title: str, *measures: Measure) -> Callable[[Facts], Judged]:
    def judge(facts: Facts) -> Judged:
        recent = _recent(facts)
        start = recent.at
        if start is None:
            why = _("nothing was deployed just before")
            return recent if recent.why else unseen(why, is_out_of_reach=True)
        if _on_both(facts).state is SignalState.PRESENT:
            return absent(_("the old revision is concerned, too"))
        ratios = [ratio for measure in measures if (ratio := _ratio(facts, measure, start)) is not None]
        if not ratios:
            return unseen(_("there is nothing to compare it with"))
        value = _(title, ratio=f"{max(ratios):.1f}")
        if max(ratios) < DEARER:
            return absent(value, "≥ × 1.5")
        return present(value, "≥ × 1.5", start, is_coincidence=True)

    return judge


def _ratio(facts: Facts, measure: Measure, start: datetime) -> float | None:
    """By how much a request costs more since a deployment; 1.0 if it rose only later; None: nothing to compare."""
    if facts.uncounted(measure):
        return None
    requests = dict(facts.points(Measure.REQUESTS))
    costs = [(at, value / requests[at]) for at, value in facts.points(measure) if requests.get(at)]
    before = [cost for at, cost in costs if at < start]
    since = [cost for at, cost in costs if at >= start + SERVING]
    if len(before) < LEAST or len(since) < LEAST or not median(before):
        return None
    week_ago = facts.evidence.curve_week_ago(measure)
    newest = median(value for _at, value in facts.points(measure)[-LEAST:])
    if week_ago is not None and week_ago.values and newest <= EARLY * max(week_ago.values):
        # It was as high at this hour a week ago: a job of the day, not the deployment.
        return 1.0
    usual = median(before)
    spread = median(abs(cost - usual) for cost in before)
    limit = max(EARLY * usual, usual + 4.5 * spread)
    high = [at for at, cost in costs if at >= start + SERVING and cost > limit]
    is_early = bool(high) and high[0] <= start + SERVING + timedelta(minutes=4)
    return median(since[-LEAST:]) / usual if is_early else 1.0


def _new_tasks_fail(facts: Facts) -> Judged:
    if _is_settled(facts):
        return unseen(_("nothing was deployed just before"), is_out_of_reach=True)
    failing = [task for task in recent_tasks(facts) if ends_by_itself(task)]
    if not failing:
        why = unlisted(facts)
        return unseen(why) if why else absent()
    newest = _newest(facts)
    older = sum(task.definition != newest for task in failing)
    value = _("{count} tasks, {older} of them of an older revision", count=len(failing), older=older)
    if older:
        return absent(value)
    if _overlap(facts) is not None:
        return present(value, at=failing[0].ended)
    # It may show late what the deployment brought along.
    start = _recent(facts).at
    if start is None or minutes_before(facts.start, start) > SOON:
        return unseen(_("only one revision was running in the bad minutes"))
    return present(value, at=start, is_coincidence=True)


def _new_error(facts: Facts) -> Judged:
    start, error = _recent(facts).at, new_kind(facts)
    own = [one for one in named_dependencies(facts, Kind.DATABASE) if _OWN_SIDE.search(one.first.text)]
    if own:
        error = present(clean(message_of(own[0].first.text), QUOTED), at=own[0].first.at)
    if start is None or error.state is not SignalState.PRESENT or not error.is_direct:
        return absent() if error.state is not SignalState.UNSEEN else error
    if minutes_before(error.at or facts.start, start) > SOON or _on_both(facts).state is SignalState.PRESENT:
        return absent(error.value)
    return present(error.value, at=start, place=error.place, is_coincidence=True)


def _image_missing(facts: Facts) -> Judged:
    """Whether tasks cannot start because the image of the new revision, of which none has started, is not there."""
    start = _recent(facts).at
    if start is None:
        return _missed(facts) or unseen(_("nothing was deployed just before"), is_out_of_reach=True)
    newest = _newest(facts)
    # An image that was pulled once was taken away since, which is not the release's doing.
    has_run = newest in {
        *(task.definition for task in facts.evidence.running_tasks),
        *(task.definition for task in facts.evidence.stopped_tasks if task.started is not None),
    }
    for task in recent_tasks(facts):
        texts = " ".join((task.reason, *(container.reason for container in task.containers)))
        if task.definition == newest and not has_run and "CannotPull" in texts and _NO_IMAGE.search(texts):
            return present(task.reason, at=task.ended)
    why = unlisted(facts)
    return unseen(why) if why else absent()


SIGNALS = (
    SignalSpec("recent-deployment", N_("A deployment began just before"), Source.SERVICE, _recent, look="deploy-rollback", is_change=True),
    SignalSpec("no-deployment", N_("There was no deployment in 24 hours"), Source.SERVICE, _none, look="ecs", is_change=True),
    SignalSpec("deployment-failed", N_("The deployment failed, or was rolled back"), Source.DEPLOYMENTS, _failed, direct_for=("bad-deployment",), look="deploy-rollback", is_change=True),
    SignalSpec("errors-on-new-revision", N_("While both revisions serve, errors come only from the new one"), Source.TASKS, _on_new, direct_for=("bad-deployment",), group="revision", look="tail"),
    SignalSpec("errors-on-both", N_("Errors come from the old revision, too"), Source.TASKS, _on_both, group="revision", look="tail"),
    SignalSpec("new-tasks-fail", N_("Only tasks of the new revision fail"), Source.TASKS, _new_tasks_fail, direct_for=("bad-deployment",), group="revision", look="ecs"),
    SignalSpec("release-names-failure", N_("What the new revision changes is what fails"), Source.DEPLOYMENTS, _names_failure, direct_for=("bad-deployment",), group="revision", look="deploy-rollback"),
    SignalSpec("error-since-deployment", N_("A new error, a mistake of the program, came with the deployment"), Source.APPLICATION_LOG, _new_error, direct_for=("bad-deployment",), group="revision", look="tail"),
    SignalSpec("image-missing", N_("The image of the new revision cannot be pulled"), Source.TASKS, _image_missing, direct_for=("bad-deployment",), group="revision", look="ecs"),
    SignalSpec("revision-differs", N_("The new revision differs from the one before"), Source.DEPLOYMENTS, _differs, look="deploy-rollback", is_change=True),
    SignalSpec("cpu-per-request-up", N_("A request costs more CPU since the deployment"), Source.METRICS, _dearer(N_("CPU per request × {ratio}"), Measure.ECS_CPU), direct_for=("bad-deployment",), look="dashboard"),
    SignalSpec("db-per-request-up", N_("A request costs the database more since the deployment"), Source.METRICS, _dearer(N_("load or connections of the database per request × {ratio}"), Measure.DB_CPU, Measure.DB_LOAD, Measure.DB_CONNECTIONS), direct_for=("bad-deployment",), look="dashboard"),
)  # fmt: skip
