import asyncio
import shlex
from dataclasses import replace

from services.host.regular_files import exists
from services.i18n import _, plural
from services.models.text import clean
from services.models.verdict import Verdict
from services.runbook.loader import is_path
from services.toml.files import DataFileError
from tui.cli.doctor.examination import CheckOutcome, Examination
from tui.startup.config_reader import ConfigError, in_words
from tui.startup.sources import every_source


async def configuration(subject: Examination) -> CheckOutcome:
    if isinstance(subject.configuration, DataFileError):
        return _mistaken(subject.configuration)
    in_force = subject.configuration
    try:
        if in_force.config.systems:
            await asyncio.to_thread(every_source, in_force)
    except ConfigError as error:
        return replace(_mistaken(error), remedy=_("After correcting it: toban doctor"))
    path = clean(in_force.path)
    if not exists(in_force.path):
        path = _("{path} (does not exist)", path=path)
    count = len(in_force.origins)
    text = plural(
        "{path}: {count} setting differs from its default",
        "{path}: {count} settings differ from their defaults",
        count,
    )
    return CheckOutcome(
        Verdict.NORMAL, text.format(path=path, count=count), numbers={"settings": float(count)}
    )


async def runbook(subject: Examination) -> CheckOutcome:
    if isinstance(subject.book, DataFileError):
        return _mistaken(subject.book)
    book = subject.runbook
    assert subject.book is not None
    undecided, cautions = len(subject.book.undecided), len(subject.book.cautions)
    text = _("{title} ({id}); undecided: {undecided}; warnings: {warnings}").format(
        title=book.system.title, id=book.system.id, undecided=undecided, warnings=cautions
    )
    name = subject.config.runbook
    remedy = ""
    if cautions and is_path(name):
        remedy = _("To list them: toban runbook check {file}", file=shlex.quote(clean(name)))
    return CheckOutcome(
        Verdict.ATTENTION if cautions else Verdict.NORMAL,
        text,
        remedy,
        tuple(map(str, (*subject.book.cautions, *subject.book.gone))),
        {"undecided": float(undecided), "warnings": float(cautions)},
    )


def _mistaken(error: DataFileError) -> CheckOutcome:
    lines = in_words(error)
    count = len(error.mistakes)
    text = _("errors: {count}", count=count)
    return CheckOutcome(
        Verdict.ABNORMAL, text, " ".join(lines[count:]), tuple(lines[:count]), {"errors": float(count)}
    )
