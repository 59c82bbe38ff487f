"""The playbooks' advice on services that do not run or cannot grow, and how long to wait for a recovery."""

from collections.abc import Iterator
from datetime import timedelta

from services.contacts import escalation
from services.i18n import _
from services.inspections.toolkit.checks import playbook_of
from services.models.runbook import Runbook
from services.models.runbook_playbooks import Playbook

PATIENCE = timedelta(minutes=5)
"""How long a service may take to recover if no playbook says so."""
SERVICE, TARGETS = "ecs", "targets"
"""Ids of what a playbook's steps check."""


def load_words(runbook: Runbook) -> tuple[str, ...]:
    """The advice of the playbook about the services' CPU, cause by cause, and whom to call; empty without one."""
    limit = runbook.limit_for("AWS/ECS", "CPUUtilization")
    return _words(playbook_of(limit, runbook) if limit else None, runbook)


def task_words(runbook: Runbook) -> tuple[str, ...]:
    """The advice of the playbook about tasks that do not run, in the same form."""
    return _words(_about_tasks(runbook), runbook)


def patience(runbook: Runbook) -> timedelta:
    """How long the playbook about tasks that do not run waits for a recovery."""
    playbook = _about_tasks(runbook)
    minutes = playbook.wait_minutes if playbook is not None else None
    return timedelta(minutes=minutes) if minutes else PATIENCE


def _about_tasks(runbook: Runbook) -> Playbook | None:
    """The playbook whose steps check the service and its targets; otherwise the first that checks the service."""
    books = [book for book in runbook.playbooks if SERVICE in _subjects(book)]
    both = [book for book in books if TARGETS in _subjects(book)]
    return next(iter((*both, *books)), None)


def _subjects(playbook: Playbook) -> set[str | None]:
    return {step.look for step in playbook.steps}


def _words(playbook: Playbook | None, runbook: Runbook) -> tuple[str, ...]:
    return tuple(_texts(playbook, runbook)) if playbook is not None else ()


def _texts(playbook: Playbook, runbook: Runbook) -> Iterator[str]:
    for cause in playbook.causes:
        yield _("{cause}: {action}").format(cause=cause.cause, action=cause.action)
    whom, minutes = escalation(runbook, playbook.escalate_to), playbook.escalate_minutes
    if whom and minutes:
        yield _("Not recovered within {minutes} minutes? Call {whom}.").format(minutes=minutes, whom=whom)
    elif whom:
        yield whom
