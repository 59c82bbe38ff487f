"""The state of a query in words."""

from services.i18n import N_, _
from services.models.insights import QueryState
from services.models.insights_queries import QueryProgress

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
    """The state of a query as one word or two."""
    return _("stopped: it ran too long") if progress.given_up else _(_STATES[progress.state])
