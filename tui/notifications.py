"""What changed between two alarm boards, and how to say it once."""

from services.i18n import _
from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.duties import DutyView, Occurrence
from services.models.duties import OccurrenceState as State
from services.models.posts import Post, PostState

WORDS = {
    AlarmState.ALARM: lambda: _("ALARM"),
    AlarmState.OK: lambda: _("OK"),
    AlarmState.INSUFFICIENT: lambda: _("no data"),
    AlarmState.MISSING: lambda: _("missing"),
}


def changes(before: AlarmOverview, after: AlarmOverview) -> tuple[Alarm, ...]:
    """Watched alarms whose state differs from the last read; firing ones first."""
    # One that only scaled rang for nothing: where it counts now, its firing is news.
    old = {alarm.id: AlarmState.OK if alarm.scaling else alarm.state for alarm in before.alarms}
    changed = [alarm for alarm in after.watched if old.get(alarm.id, alarm.state) is not alarm.state]
    return tuple(sorted(changed, key=lambda alarm: alarm.state is not AlarmState.ALARM))


def sentence(changed: tuple[Alarm, ...]) -> str:
    """`alb-5xx-error-rate ALARM, ecs-cpu-high OK`, at most three."""
    words = [f"{alarm.name} {WORDS[alarm.state]()}" for alarm in changed[:3]]
    if len(changed) > 3:
        words.append(_("{count} more").format(count=len(changed) - 3))
    return ", ".join(words)


def duty_changes(before: DutyView | None, after: DutyView) -> str:
    """What has come due or late since the last look: `late: A; due: B, C`; "" for nothing new.

    At the first look nothing is new. Judged by time alone, so that what was planned, signed or found out
    in between does not ring.
    """
    if before is None:
        return ""
    waiting = (*after.carried, *after.running, *after.today.occurrences)
    late = [
        each for each in waiting if each.state is State.LATE and before.at < each.slot.late_at <= after.at
    ]
    due = [each for each in waiting if each.state is State.DUE and before.at < each.slot.due_at <= after.at]
    said = [
        words.format(titles=_titles(group))
        for words, group in ((_("late: {titles}"), late), (_("due: {titles}"), due))
        if group
    ]
    return "; ".join(said)


def post_changes(before: tuple[Post, ...], after: tuple[Post, ...]) -> tuple[str, ...]:
    """What became of notes for Slack since the last look; what was not known then is no news."""
    old = {post.id: post.state for post in before}
    said = []
    for post in after:
        if old.get(post.id, post.state) is post.state:
            continue
        if post.state is PostState.POSTED:
            said.append(_("Posted to {channel}").format(channel=post.channel))
        elif post.state in (PostState.REFUSED, PostState.UNKNOWN):
            said.append(_("Slack message: {reason}").format(reason=post.reason))
    return tuple(said)


def _titles(occurrences: list[Occurrence]) -> str:
    titles = list(dict.fromkeys(each.slot.title for each in occurrences))
    words = titles[:3]
    if len(titles) > 3:
        words.append(_("{count} more").format(count=len(titles) - 3))
    return ", ".join(words)
