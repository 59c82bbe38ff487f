"""Columns are names of fields, each once, as are those of request ids."""

from collections.abc import Iterator

from services.i18n import _
from services.logs.masking.further import mistake_in
from services.logs.masking.kinds import TITLES
from services.logs.request_names import plain_name
from services.models.runbook import LogGroupSpec, Runbook
from services.toml.positions import Path

LONGEST = 200  # Characters of a field's name at most


def columns(runbook: Runbook) -> Iterator[tuple[Path, str]]:
    for index, group in enumerate(runbook.log_groups):
        for place, message in _mistakes(group):
            yield ("log_groups", index, "columns", *place), message


def _mistakes(group: LogGroupSpec) -> Iterator[tuple[tuple[int, ...], str]]:
    if group.form == "plain" and group.columns:
        yield (), _("lines of the form plain have no columns")
    for place, name in enumerate(group.columns):
        if not name.strip() or len(name) > LONGEST:
            yield (place,), _("must be the name of a field, at most {count} characters long", count=LONGEST)
        elif name in group.columns[:place]:
            yield (place,), _('"{name}" appears twice: rename or remove one', name=name)


def request_ids(runbook: Runbook) -> Iterator[tuple[Path, str]]:
    """Yield the names of request ids that a log group has twice; case, `-` and `_` do not matter."""
    for index, group in enumerate(runbook.log_groups):
        names = [plain_name(name) for name in group.request_ids]
        for place, name in enumerate(group.request_ids):
            if names[place] in names[:place]:
                message = _('"{name}" appears twice: rename or remove one', name=name)
                yield ("log_groups", index, "request_ids", place), message


def masking(runbook: Runbook) -> Iterator[tuple[Path, str]]:
    ids: set[str] = set()
    for index, spec in enumerate(runbook.masking):
        if message := mistake_in(spec.pattern):
            yield ("masking", index, "pattern"), message
        if spec.id in TITLES:
            yield ("masking", index, "id"), _("is a kind of the console's own")
        elif spec.id in ids:
            yield ("masking", index, "id"), _("occurs twice")
        ids.add(spec.id)


ALL = (columns, request_ids)
