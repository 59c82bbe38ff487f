from collections.abc import Callable
from datetime import datetime

from services.i18n import _, first_few
from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.approvals import ApprovalRequest, ApprovalState
from services.models.change_runs import Run
from services.models.duties import DutyView, Occurrence, OccurrenceState
from services.models.posts import Post, PostState
from services.models.watches import WatchState

WORDS = {
    AlarmState.ALARM: lambda: _("ALARM"),
    AlarmState.OK: lambda: _("OK"),
    AlarmState.INSUFFICIENT: lambda: _("no data"),
    AlarmState.MISSING: lambda: _("missing"),
}
"""The word for an alarm's state, made when called, in the language of that moment."""
_NAMED = 3  # Maximum number of alarms or duties named in one announcement; the rest are only counted


def changes(before: AlarmOverview, after: AlarmOverview) -> tuple[Alarm, ...]:
    """Return the watched alarms whose state differs from the previous reading, firing ones first."""
    # An alarm that only drove scaling was not announced; if it counts now, its firing is a change.
    old = {id: AlarmState.OK if alarm.scaling else alarm.state for id, alarm in before.by_id.items()}
    # One that fires is read at once; unless all were read together, it may have been there before.
    may_lack = before.listed_at is not None or not before.is_whole
    lacking = {str(alarm.id): AlarmState.OK for alarm in after.firing if may_lack and alarm.id not in old}
    old |= lacking
    changed = [alarm for alarm in after.watched if old.get(alarm.id, alarm.state) is not alarm.state]
    return tuple(sorted(changed, key=lambda alarm: alarm.state is not AlarmState.ALARM))


def sentence(changed: tuple[Alarm, ...]) -> str:
    """Return, for example, `alb-5xx-error-rate ALARM, ecs-cpu-high OK`; three alarms are named at most."""
    words = [f"{alarm.name} {WORDS[alarm.state]()}" for alarm in changed]
    return _(", ").join(first_few(words, _NAMED))


def duty_changes(before: DutyView | None, after: DutyView) -> str:
    """Return what became due or late since the previous view, as `late: A; due: B, C`; "" for nothing. In the
    first view nothing is new. Only the passing of time counts, not what was done in between."""
    if before is None:
        return ""
    waiting = (*after.carried, *after.running, *after.today.occurrences)
    late = [
        each
        for each in waiting
        if each.state is OccurrenceState.LATE and before.at < each.slot.late_at <= after.at
    ]
    due = [
        each
        for each in waiting
        if each.state is OccurrenceState.DUE and before.at < each.slot.due_at <= after.at
    ]
    parts = [
        words.format(titles=_titles(group))
        for words, group in ((_("late: {titles}"), late), (_("due: {titles}"), due))
        if group
    ]
    return _("; ").join(parts)


def approval_changes(
    before: tuple[ApprovalRequest, ...], after: tuple[ApprovalRequest, ...], user: str, since: datetime
) -> tuple[str, ...]:
    """Return what is news to `user`: another person's request, and an answer to one's own. `since` is the
    console's start (UTC): a refusal of an older request that it sees for the first time was told before."""
    old = {request.plan.id: request.state for request in before}
    texts = []
    for request in after:
        what = f"{request.plan.target.title}: {request.plan.title}"
        is_mine = request.asker.user == user
        if request.state is old.get(request.plan.id):
            continue
        if request.state is ApprovalState.DECLINED and request.plan.id not in old and request.at < since:
            continue
        if request.state is ApprovalState.ASKED and not is_mine:
            text = _("{name} asks for an approval: {what}. 4 opens the changes.")
            texts.append(text.format(name=request.asker.name, what=what))
        elif is_mine and request.state is ApprovalState.GIVEN and request.consent is not None:
            texts.append(_("Approved by {name}: {what}", name=request.consent.by, what=what))
        elif is_mine and request.state is ApprovalState.DECLINED:
            text = _("Declined by {name}: {what}. {reason}")
            texts.append(text.format(name=request.declined_by, what=what, reason=request.decline_reason))
    return tuple(texts)


def approval_expiries(
    before: tuple[ApprovalRequest, ...], user: str, now: Callable[[str], ApprovalRequest | None]
) -> tuple[str, ...]:
    texts = []
    for request in before:
        current = now(request.plan.id) if request.asker.user == user else None
        if current is None or current.state is not ApprovalState.EXPIRED:
            continue
        what = f"{request.plan.target.title}: {request.plan.title}"
        if request.state is ApprovalState.ASKED:
            text = _("Nobody answered the request for approval in time: {what}. F5, then F7 again.")
            texts.append(text.format(what=what))
        elif request.state is ApprovalState.GIVEN:
            texts.append(_("The approval has expired unused: {what}. F5, then F7 again.", what=what))
    return tuple(texts)


def watch_ends(before: tuple[Run, ...], after: tuple[Run, ...]) -> tuple[Run, ...]:
    followed = {run.id for run in before if run.watching}
    return tuple(run for run in after if run.id in followed and run.watched_seq)


def watch_end(run: Run) -> tuple[str, bool]:
    """(how a followed change has ended, whether that is as it was meant)."""
    is_withdrawn = run.progress is not None and run.progress.state is WatchState.WITHDRAWN
    ending = _("Completed") if run.has_ended_well else _("Withdrawn") if is_withdrawn else _("Not completed")
    return (
        _("{end}: {target}: {title}.", end=ending, target=run.plan.target.title, title=run.plan.title),
        run.has_ended_well or is_withdrawn,
    )


def post_changes(before: tuple[Post, ...], after: tuple[Post, ...]) -> tuple[str, ...]:
    """Return what became of notes for Slack since the previous reading; posts new since then announce nothing."""
    old = {post.id: post.state for post in before}
    sentences = []
    for post in after:
        if old.get(post.id, post.state) is post.state:
            continue
        if post.state is PostState.POSTED:
            sentences.append(_("Posted to {channel}", channel=post.channel))
        elif post.state in (PostState.REFUSED, PostState.UNKNOWN):
            sentences.append(_("Slack message: {reason}", reason=post.reason))
    return tuple(sentences)


def _titles(occurrences: list[Occurrence]) -> str:
    titles = list(dict.fromkeys(each.slot.title for each in occurrences))
    return _(", ").join(first_few(titles, _NAMED))
