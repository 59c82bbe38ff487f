"""Cautions about targets of a kind that is not supported yet: they load, but are not judged."""

from collections.abc import Iterator

from services.i18n import _
from services.models.runbook import Runbook
from services.toml.positions import Path

POSTGRES, AURORA = "postgres", "aurora"  # Parts of the names of engines


def unsupported(runbook: Runbook) -> Iterator[tuple[Path, str]]:
    engine = runbook.rds.engine if runbook.rds else POSTGRES
    if runbook.alb is not None and runbook.alb.unsupported:
        yield ("alb", "load_balancer"), runbook.alb.unsupported_words
    if engine.startswith(AURORA):
        text = _("not supported yet: an instance of {engine} is a member of a cluster, which is not judged")
        yield ("rds", "engine"), text.format(engine=engine)
    elif POSTGRES not in engine:
        text = _(
            "not supported yet: the logs and slow queries of {engine} are not judged, only those of {wanted}"
        )
        yield ("rds", "engine"), text.format(engine=engine, wanted=POSTGRES)
