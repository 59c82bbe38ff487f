"""A journal's entries as a ledger stores them: one JSON object each, with the entry's columns and the writer's nonce.

    {"entry": [1, 1767225600000000, "note", …, "<hash>"], "nonce": "9f86d081884c7d65"}

The columns are `chain.COLUMNS`. The nonce is not part of the chain: by it a writer that got no answer recognizes its own
record. Record 0 names the journal: `{"journal": "<id>", "version": 1}`, with `"copied": true` where its entries were
copied from elsewhere. A later record of another form says `"version"`, too, so that older consoles refuse it in words.
"""

import json
import re
import secrets
import shlex
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from services.i18n import _
from services.journal.chain import COLUMNS, SEQ
from services.journal.ledger import TooLarge
from services.journal.problems import UnusableJournal
from services.models.problem import Problem, ProblemKind
from services.models.text import clean

VERSION = 1  # Of the records; a higher one was written by a newer console
_NUMBERS = ("seq", "at")
_ID = re.compile(r"[0-9A-Za-z_.-]{1,64}")  # A journal's id, which is written into logs
_SURROGATE = re.compile("[\ud800-\udfff]")


class Record(NamedTuple):
    row: tuple[Any, ...]  # The entry: the columns of `chain.COLUMNS`
    nonce: str = ""  # "": the entry came from a file


def new_nonce() -> str:
    return secrets.token_hex(8)


def packed(row: Sequence[object], nonce: str = "") -> bytes:
    return _encoded({"entry": list(row), "nonce": nonce} if nonce else {"entry": list(row)})


def check_size(record: bytes, largest: int, at: datetime) -> None:
    """Raise TooLarge for a record of more than `largest` bytes; `at` is now (UTC)."""
    if len(record) > largest:
        summary = _("The record has {size} bytes; this journal's engine stores {most} at most.").format(
            size=f"{len(record):,}", most=f"{largest:,}"
        )
        remedy = _("Record less of it at once.")
        raise TooLarge(Problem(kind=ProblemKind.INVALID, summary=summary, remedy=remedy, at=at))


def unpacked(seq: int, record: bytes) -> Record:
    """The inverse of `packed` for the record with this number. Raises UnusableJournal for anything else."""
    try:
        content = json.loads(record)
        _refuse_newer(content)
        row, nonce = tuple(content["entry"]), content.get("nonce", "")
    except (ValueError, LookupError, TypeError, RecursionError):
        raise foreign(seq) from None
    typed = all(
        (_is_number if column in _NUMBERS else _is_text)(value)
        for column, value in zip(COLUMNS, row, strict=False)
    )
    if len(row) != len(COLUMNS) or not typed or row[SEQ] != seq or not _is_text(nonce):
        raise foreign(seq)
    return Record(row, nonce)


def is_entry(record: bytes, row: Sequence[Any]) -> bool:
    try:
        return unpacked(row[SEQ], record).row == tuple(row)
    except UnusableJournal:
        return False


def _is_number(value: object) -> bool:
    return type(value) is int and -(1 << 63) <= value < 1 << 63


def _is_text(value: object) -> bool:
    """Whether every copy can store it: not with a lone surrogate."""
    return isinstance(value, str) and (value.isascii() or _SURROGATE.search(value) is None)


class Naming(NamedTuple):
    journal: str  # The journal's id
    is_copied: bool = False
    """The entries were copied from elsewhere: the journal is here only once it contains that it has moved here."""


def naming(journal: str, *, is_copied: bool = False) -> bytes:
    return _encoded({"journal": journal, "version": VERSION} | ({"copied": True} if is_copied else {}))


def named(record: bytes) -> Naming:
    """The inverse of `naming`. Raises UnusableJournal."""
    try:
        content = json.loads(record)
        _refuse_newer(content)
        journal, _version, is_copied = content["journal"], content["version"], content.get("copied") is True
    except (ValueError, LookupError, TypeError, RecursionError):
        raise foreign(0) from None
    if not isinstance(journal, str) or _ID.fullmatch(journal) is None:
        raise foreign(0)
    return Naming(journal, is_copied)


def _refuse_newer(content: Any) -> None:
    """Raise UnusableJournal for a record of a version that this one does not know."""
    version = content.get("version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise UnusableJournal(
            _("The ledger was written by a newer version of this console."),
            _("Start that version, or choose another ledger in the journal setting."),
        )


def foreign(seq: int) -> UnusableJournal:
    return UnusableJournal(
        _("Record {seq} of the ledger does not continue the journal; nothing more is written to it.").format(
            seq=seq
        ),
        _(
            "Find out who else writes to the ledger (CloudTrail, the database's log), and keep {path} as it is."
        ),
        damage=True,
    )


def another_ledger() -> UnusableJournal:
    return UnusableJournal(
        _("The local copy belongs to another journal than the ledger's."),
        _("Find out whether the ledger was replaced; to follow the new one, move {path} aside and restart."),
    )


def behind(seq: int, address: str) -> UnusableJournal:
    """The error for a ledger without an entry that it had before: it was emptied, or restored from an older backup."""
    return UnusableJournal(
        _(
            "The ledger lacks entry {seq}, which this host's copy has; nothing is written to it: {place}"
        ).format(place=clean(address), seq=seq),
        _("Keep {path}. Find out who emptied or restored it. Puts back what is missing: {command}").replace(
            "{command}", f"toban journal copy --from {{path}} --to {shlex.quote(clean(address))}"
        ),
    )


def emptied(address: str) -> UnusableJournal:
    return UnusableJournal(
        _("The ledger is empty, but this host has a copy of it; no new journal is begun: {place}").format(
            place=clean(address)
        ),
        _(
            "Find out who emptied it; to begin a new journal, move {path} aside. Puts the newest of all hosts' copies to "
            "use: {command}"
        ).replace(
            "{command}",
            f"toban journal move --from-backup --from {{path}} --to {shlex.quote(clean(address))}",
        ),
    )


def _encoded(content: dict[str, object]) -> bytes:
    try:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        # A file that was edited by hand can contain bytes that are not UTF-8.
        return json.dumps(content, separators=(",", ":")).encode()
