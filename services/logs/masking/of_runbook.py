"""The masker of a system: its runbook's further patterns, and the contacts that its runbook names itself."""

from services.logs.masking.mask import Masker
from services.models.runbook import Runbook


def masker_of(runbook: Runbook) -> Masker:
    contacts = [entry.contact for entry in runbook.contacts]
    return Masker(runbook.masking, contacts=[*contacts, *(entry.contact for entry in runbook.roster)])
