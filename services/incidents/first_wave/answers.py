"""The questions that the console asks itself about what no alarm tells of, answered by signals of the first wave. Pure."""

from services.i18n import N_, _
from services.incidents.facts import Facts
from services.incidents.first_wave.sources import SOURCES
from services.incidents.signals.registry import BY_ID
from services.models.causes import SignalState
from services.models.first_wave import AskedQuestion, Sure
from services.models.incidents import Incident

_ASKED = {
    "outage:traffic": ("tls-errors", "none-healthy", "waf-blocks", "dns-write"),
    "outage:targets": ("task-exited", "start-failed", "check-timeout", "recent-deployment"),
    "outage:certificate": ("tls-errors", "traffic-fall", "dns-write", "alarms-together"),
    "error-logs": ("new-error", "other-host", "recent-deployment"),
    "slow-queries": ("db-cpu-high", "connections-high", "recent-deployment"),
}
_OF_ANY = ("alarms-together", "traffic-usual", "recent-deployment", "network-write")
_ANSWERS = {SignalState.PRESENT: N_("yes"), SignalState.ABSENT: N_("no"), SignalState.UNSEEN: N_("not known")}


def answers_of(incident: Incident, facts: Facts) -> tuple[AskedQuestion, ...]:
    """Signals that help with an outage or a finding, each as a question; () for an alarm, which has weighed causes alone."""
    asked = _ASKED.get(incident.target, _OF_ANY if incident.is_asked else ())
    return tuple(
        AskedQuestion(
            title=_("{signal}?").format(signal=each.title),
            answer=_("; ").join(filter(None, (_(_ANSWERS[each.state]), each.value or each.why))),
            # What is not known was not read: the time of the attempt is none of an answer.
            read=_(SOURCES[each.source].title) if each.state is not SignalState.UNSEEN else "",
            at=each.until or facts.evidence.ended,
            sure=Sure.UNSEEN if each.state is SignalState.UNSEEN else Sure.CERTAIN,
        )
        for each in (BY_ID[id].of(facts) for id in asked)
    )
