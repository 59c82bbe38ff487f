from services.i18n import N_, _
from services.models.amounts import size_words, yen_words
from services.models.insights import QueryState
from services.models.insights_queries import QueryEstimate, QueryProgress

_STATES = {
    QueryState.SCHEDULED: N_("waiting"),
    QueryState.RUNNING: N_("running"),
    QueryState.COMPLETE: N_("complete"),
    QueryState.FAILED: N_("failed"),
    QueryState.CANCELLED: N_("cancelled"),
    QueryState.TIMEOUT: N_("timed out"),
    QueryState.UNKNOWN: N_("state unknown"),
}


def state_words(progress: QueryProgress) -> str:
    return _("stopped: it ran too long") if progress.given_up else _(_STATES[progress.state])


def group_price(estimate: QueryEstimate) -> str:
    if estimate.unknown:
        return _("price unknown: the size of the log group cannot be read")
    return _("about {size}, {yen}", size=size_words(estimate.bytes), yen=yen_words(estimate.yen))
