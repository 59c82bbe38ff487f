"""The summary of blocked requests."""

from collections.abc import Iterable

from services.i18n import _, plural
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.wording import hours_words
from services.inspections.waf_blocks.metrics import Traffic
from services.inspections.waf_blocks.sources import Sources
from services.models.findings import Measure
from services.models.verdict import Verdict


def attacked(measures: Iterable[Measure]) -> bool:
    """Whether more was blocked than usual, in an hour or from one address."""
    titles = {_("Most blocked in one hour"), _("From one address")}
    return any(measure.verdict is Verdict.ATTENTION for measure in measures if measure.title in titles)


def summary(builder: FindingBuilder, counts: Traffic, sources: Sources) -> str:
    parts = []
    hours = counts.cover.words() if counts.cover else hours_words(builder.request.hours)
    gaps = counts.cover.gaps(builder.context.calendar.zone) if counts.cover else ""
    if counts.unknown:
        parts.append(_("It is not known how many requests were blocked in {hours}").format(hours=hours))
    elif not counts.blocked:
        parts.append(_("Nothing was blocked in {hours}").format(hours=hours))
    else:
        text = plural(
            "{count} request blocked in {hours}",
            "{count} requests blocked in {hours}, at most {most} in one hour",
            counts.blocked,
        )
        most = f"{counts.worst[1]:,}"
        parts.append(text.format(count=f"{counts.blocked:,}", hours=hours, most=most))
    for name, country, count in sources.addresses()[:1]:
        text = _("most from {address} ({country}): {count}")
        parts.append(text.format(address=name, country=country, count=f"{count:,}"))
    if gaps:
        parts.append(_("no requests counted {times}").format(times=gaps))
    unjudged = [measure.title for measure in builder.measures if Verdict.UNKNOWN in measure.verdicts]
    if unjudged:
        parts.append(_("not judged: {titles}").format(titles=_(", ").join(unjudged)))
    text = _("; ").join(parts)
    return _("Signs of an attack: {what}").format(what=text) if attacked(builder.measures) else text
