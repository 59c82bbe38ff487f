from collections.abc import Iterator

from pydantic import BaseModel

from services.i18n import _
from services.models.runbook import Approver, Contact, Runbook
from services.models.translated import Translated
from services.toml.positions import Path

Mistakes = Iterator[tuple[Path, str]]  # (path, message) of each mistake


def translations(runbook: Runbook) -> Mistakes:
    yield from _in(runbook, ())


def _in(value: object, path: Path) -> Mistakes:
    if isinstance(value, tuple):
        for index, entry in enumerate(value):
            yield from _in(entry, (*path, index))
    elif isinstance(value, BaseModel):
        if isinstance(value, Translated):
            yield from _of_table(value, (*path, "en"))
        # Not by attribute: that would be the text of the screen's language.
        for name, inner in value.__dict__.items():
            yield from _in(inner, (*path, name))


def _of_table(table: Translated, path: Path) -> Mistakes:
    for name, english in table.english:
        own = table.original(name)
        if english and not own:
            yield (*path, name), _("translates nothing: {key} is not given", key=name)
        elif isinstance(own, tuple) and english and len(english) != len(own):
            text = _("must have a line for each line of {key}: {count}")
            yield (*path, name), text.format(key=name, count=len(own))


def roles(runbook: Runbook) -> Mistakes:
    english_of: dict[str, str] = {}
    own_of: dict[str, str] = {}
    tables: dict[str, tuple[Contact | Approver, ...]] = {
        "contacts": runbook.contacts,
        "approvers": runbook.approvers,
    }
    for table, people in tables.items():
        for index, person in enumerate(people):
            own, english = str(person.original("role")), str(person.en.role or person.original("role"))
            if english_of.setdefault(own, english) != english:
                text = _('"{role}" is called "{name}" elsewhere in this file')
                yield (table, index, "en", "role"), text.format(role=own, name=english_of[own])
            elif own_of.setdefault(english, own) != own:
                text = _('"{name}" is the English name of "{role}", too')
                yield (table, index, "en", "role"), text.format(name=english, role=own_of[english])


ALL = (translations, roles)  # Every check of this module
