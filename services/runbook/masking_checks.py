"""Checks of the runbook's further patterns for masking; like `services.runbook.checks`."""

from collections.abc import Iterator

from services.i18n import _
from services.logs.masking.further import mistake_in
from services.logs.masking.kinds import TITLES
from services.models.runbook import Runbook
from services.toml.positions import Path


def patterns(runbook: Runbook) -> Iterator[tuple[Path, str]]:
    """Every pattern is a bounded regular expression, and its id is its own."""
    ids: set[str] = set()
    for index, spec in enumerate(runbook.masking):
        if message := mistake_in(spec.pattern):
            yield ("masking", index, "pattern"), message
        if spec.id in TITLES:
            yield ("masking", index, "id"), _("is a kind of the console's own")
        elif spec.id in ids:
            yield ("masking", index, "id"), _("occurs twice")
        ids.add(spec.id)


ALL = (patterns,)
"""Every check, in the order of the file."""
