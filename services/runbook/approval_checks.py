import re
from collections.abc import Iterator

from services.changes.approvers import scope_named
from services.changes.registry import approval_scopes
from services.i18n import _
from services.models.runbook import Runbook
from services.toml import mistakes
from services.toml.positions import Path

Mistakes = Iterator[tuple[Path, str]]  # (path, message) of each mistake

_NAME = r"[A-Za-z0-9_.-]{3,128}"
_CALENDAR = re.compile(rf"{_NAME}|arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{{12}}:document/{_NAME}")
"""Source: CreateDocument (Systems Manager API reference)."""


def approves(runbook: Runbook) -> Mistakes:
    by_scope: dict[str, str] = {}
    for index, approver in enumerate(runbook.approvers):
        role = str(approver.original("role"))
        for place, text in enumerate(approver.original("approves")):
            path: Path = ("approvers", index, "approves", place)
            scope = scope_named(str(text))
            if not scope:
                yield path, unknown_scope(str(text))
            elif scope in by_scope:
                message = _('"{scope}" is approved by "{role}" already: name it once')
                yield path, message.format(scope=scope, role=by_scope[scope])
            else:
                by_scope[scope] = role


def unknown_scope(text: str) -> str:
    """The message for a text of `approves` that names nothing, with the id of the most similar scope, or all ids."""
    scopes = approval_scopes()
    names = {name: name for name in scopes}
    names |= {
        alias: name for name, scope in scopes.items() for alias in (scope.sentence, scope.title) if alias
    }
    nearest = mistakes.near(text, names)
    if not nearest:
        return mistakes.unknown_name(text, scopes)
    message = _('"{name}" does not exist', name=text)
    return f"{message}: {mistakes.did_you_mean(names[nearest])}"


def freezes(runbook: Runbook) -> Mistakes:
    for index, freeze in enumerate(runbook.freezes):
        path: Path = ("freezes", index)
        zoned = [key for key in ("starts", "ends") if getattr(freeze, key).tzinfo is not None]
        for key in zoned:
            yield (*path, key), _("must be local time without a zone such as 2027-03-29T00:00:00")
        if not zoned and freeze.ends <= freeze.starts:
            yield (*path, "ends"), _("must be after starts")


def change_calendar(runbook: Runbook) -> Mistakes:
    calendar = runbook.change_calendar
    if calendar is not None and not _CALENDAR.fullmatch(calendar.name):
        yield (
            ("change_calendar", "name"),
            _("must be the name of a Change Calendar, or its ARN such as {example}").format(
                example="arn:aws:ssm:ap-northeast-1:123456789012:document/name"
            ),
        )


ALL = (approves, freezes, change_calendar)  # Every check of this file
