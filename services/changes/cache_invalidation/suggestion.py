from services.i18n import _
from services.models.base import RawId
from services.models.runbook import Runbook
from services.models.watches import Suggestion

KIND = "cache-invalidation"  # The change's id in the registry


def after_deployment(runbook: Runbook) -> tuple[Suggestion, ...]:
    cdn = runbook.cdn
    if cdn is None or not cdn.paths:
        return ()
    why = _("If the front end was deployed too, visitors see the old pages until {path} is invalidated.")
    return (
        Suggestion(
            when="after",
            kind=KIND,
            target=RawId(cdn.distribution),
            values={"paths": cdn.paths[0]},
            why=why.format(path=cdn.paths[0]),
        ),
    )
