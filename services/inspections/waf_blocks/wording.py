"""What was blocked, in one sentence."""

from datetime import tzinfo

from services.i18n import _
from services.inspections.base import InspectionRequest
from services.inspections.toolkit.logs.queries import hours_words
from services.inspections.waf_blocks.collected import Notes
from services.inspections.waf_blocks.metrics import Traffic
from services.inspections.waf_blocks.sources import Who
from services.models.verdict import Verdict


def attacked(notes: Notes) -> bool:
    """Whether more was blocked than is usual: in an hour, or from one address."""
    titles = {_("Most blocked in one hour"), _("From one address")}
    return any(each.verdict is Verdict.ATTENTION for each in notes.measures if each.title in titles)


def summary(request: InspectionRequest, seen: Traffic, who: Who, notes: Notes, zone: tzinfo) -> str:
    """How much in which time, most from whom, and what could not be judged."""
    parts = []
    hours = seen.cover.words() if seen.cover else hours_words(request.hours)
    gaps = seen.cover.gaps(zone) if seen.cover else ""
    if seen.unknown:
        parts.append(_("It is not known how many requests were blocked in {hours}").format(hours=hours))
    elif not seen.blocked:
        parts.append(_("Nothing was blocked in {hours}").format(hours=hours))
    else:
        text = _("{count} requests blocked in {hours}, at most {most} in one hour")
        most = f"{seen.worst[1]:,}"
        parts.append(text.format(count=f"{seen.blocked:,}", hours=hours, most=most))
    for name, country, count in who.addresses()[:1]:
        text = _("most from {address} ({country}): {count}")
        parts.append(text.format(address=name, country=country, count=f"{count:,}"))
    if gaps:
        parts.append(_("no requests counted {times}").format(times=gaps))
    unjudged = [each.title for each in notes.measures if each.verdict is Verdict.UNKNOWN]
    if unjudged:
        parts.append(_("not judged: {titles}").format(titles=_(", ").join(unjudged)))
    said = _("; ").join(parts)
    return _("Signs of an attack: {what}").format(what=said) if attacked(notes) else said
