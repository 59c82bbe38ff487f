from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.cells import cell_len

from services.changes.approvers import scope_titles
from services.clock import Clock
from services.contacts import escalation
from services.i18n import _
from services.models.runbook import Duty, Runbook
from services.models.runbook_playbooks import Playbook, Procedure
from services.models.text import clean
from services.report.rendering.html import write as to_html
from services.report.rendering.runbook_document import bound, runbook_document
from services.runbook.loader import RunbookError, inspect, load_named
from services.runbook.loader import source as text_of
from services.toml.files import in_order, newer_hint
from tui.exit_status import ExitStatus
from widgets.drawing.format import pad


def check(path: Path) -> tuple[list[str], int]:
    try:
        loaded = inspect(path)
    except RunbookError as error:
        count = len(error.mistakes)
        total = _("errors: {count}", count=count)
        return [*map(str, error.mistakes), *newer_hint(error), total], ExitStatus.DATA
    lines = [str(entry) for entry in in_order([*loaded.undecided, *loaded.cautions, *loaded.gone])]
    total = _("no errors; undecided: {count}", count=len(loaded.undecided))
    if loaded.cautions:
        total = _("{total}; warnings: {count}", total=total, count=len(loaded.cautions))
    return [*lines, total], ExitStatus.NORMAL


def source(name: str) -> Iterator[str]:
    """Yield a runbook's TOML, which `check` accepts. Raises RunbookError."""
    yield text_of(name).removesuffix("\n")


def show(name: str) -> Iterator[str]:
    """Yield a readable summary of a runbook. Raises RunbookError."""
    runbook = load_named(name)
    system = runbook.system
    yield " ".join(each for each in (runbook.document or system.title, runbook.document_version) if each)
    yield f"{system.id}  {system.environment}  {system.account}  {system.region}  {system.timezone}"
    for title, rows in _sections(runbook):
        if rows:
            yield ""
            yield title
            widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
            for row in rows:
                padded = [pad(text, width) for text, width in zip(row, widths, strict=True)]
                yield ("  " + "  ".join(padded)).rstrip()
    books: tuple[Playbook | Procedure, ...] = (*runbook.playbooks, *runbook.procedures)
    for book in books:
        yield ""
        yield book.title
        yield from _instructions(runbook, book)


def _instructions(runbook: Runbook, book: Playbook | Procedure) -> Iterator[str]:
    for number, step in enumerate(book.steps, 1):
        yield f"  {number}. {step.text}" + (f" ({step.note})" if step.note else "")
    if isinstance(book, Playbook):
        yield from (f"  {each.cause} → {each.action}" for each in book.causes)
        if book.escalate_to:
            yield "  " + _("Escalate: {who}", who=escalation(runbook, book.escalate_to))
    if book.approval:
        yield "  " + _("Approval: {who}", who=escalation(runbook, book.approval))
    yield from ("  " + _("Caution: {text}", text=text) for text in book.caution)


def page(name: str, clock: Clock) -> str:
    """Return the whole runbook as an HTML page for paper, dated by `clock`. Raises RunbookError."""
    runbook = load_named(name)
    printed = clock.now().astimezone(ZoneInfo(runbook.system.timezone)).replace(microsecond=0)
    return to_html(runbook_document(runbook, printed, name))


def _sections(runbook: Runbook) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    nobody = _("UNDECIDED")
    yield _("Approved by"), [(runbook.approved_by or nobody,)]
    yield _("Contacts"), [(each.role, each.contact or nobody, each.scope) for each in runbook.contacts]
    yield (
        _("Approvers"),
        [
            (each.role, each.name or nobody, _(", ").join(scope_titles(each.approves)))
            for each in runbook.approvers
        ],
    )
    yield _("Limits"), [(each.id, each.title, bound(each)) for each in runbook.limits]
    yield (
        _("Expected alarms"),
        [(clean(each.name), each.title, each.playbook or "") for each in runbook.alarms],
    )
    yield _("Duties"), [(each.id, when(each), each.title) for each in runbook.duties]
    yield _("Playbooks"), [(each.id, each.title) for each in runbook.playbooks]
    yield _("Procedures"), [(each.id, each.title, each.timing) for each in runbook.procedures]


def when(duty: Duty) -> str:
    return " ".join([clean(duty.rule or duty.anchor), *duty.at])
