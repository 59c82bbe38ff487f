import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.journal.chain import COLUMNS, NOTHING, hash_of_row
from services.journal.ledger import Ledger
from services.journal.linking.records import Record, named, unpacked
from services.journal.problems import UnusableJournal
from services.journal.reader import JournalReader
from tests.faults.ledger.workload import ACKNOWLEDGED, CLAIM_TAKEN, FAILED, HOLD_TAKEN, LATE, Ack

Row = tuple[Any, ...]
_AT = {name: number for number, name in enumerate(COLUMNS)}


@dataclass
class Findings:
    entries: int = 0
    acknowledged: int = 0
    missing: list[str] = field(default_factory=list)  # Acknowledged, and not there
    twice: list[str] = field(default_factory=list)  # Texts, nonces and claims that are there more than once
    forks: list[str] = field(default_factory=list)  # Broken links and hashes, and copies that differ
    wrong: list[str] = field(default_factory=list)
    """Holds that two had at once, and refusals that name an entry without the claim or hold."""

    @property
    def counts(self) -> tuple[int, int, int, int]:
        return len(self.missing), len(self.twice), len(self.forks), len(self.wrong)


async def everything(ledger: Ledger) -> list[tuple[int, bytes]]:
    records: list[tuple[int, bytes]] = []
    while batch := await ledger.read(records[-1][0] if records else -1):
        records += batch
    return records


def check(records: Sequence[tuple[int, bytes]], acks: Iterable[Ack], copies: Iterable[Path]) -> Findings:
    findings = Findings()
    journal = _journal(records, findings)
    entries = _chain(journal, records[1:], findings)
    check_entries([record.row for record in entries], acks, findings)
    nonces = Counter(record.nonce for record in entries if record.nonce)
    findings.twice += [f"nonce {nonce}" for nonce, count in nonces.items() if count > 1]
    for copy in copies:
        if copied_rows(copy) != [record.row for record in entries]:
            findings.forks.append(f"{copy.name} differs from the ledger")
    return findings


def check_entries(rows: Sequence[Row], acks: Iterable[Ack], findings: Findings) -> None:
    findings.entries = len(rows)
    texts = Counter(row[_AT["text"]] for row in rows)
    claims = Counter(row[_AT["claim"]] for row in rows if row[_AT["claim"]])
    findings.twice += [text for text, count in (texts + claims).items() if count > 1]
    by_seq = {row[0]: row for row in rows}
    for ack in acks:
        _check_ack(ack, by_seq, texts, findings)
    _check_holds(rows, findings)


def copied_rows(copy: Path) -> list[Row]:
    with closing(JournalReader.open(copy)) as reader:
        return [row[:-1] for row in reader.every_row()]


def checked(ledger: Ledger, acks: Iterable[Ack], copies: Iterable[Path]) -> Findings:
    async def read() -> list[tuple[int, bytes]]:
        try:
            return await everything(ledger)
        finally:
            await ledger.close()

    return check(asyncio.run(read()), acks, copies)


def _journal(records: Sequence[tuple[int, bytes]], findings: Findings) -> str:
    if not records or records[0][0] != 0:
        findings.missing.append("record 0")
        return ""
    return named(records[0][1]).journal


def _chain(journal: str, records: Sequence[tuple[int, bytes]], findings: Findings) -> list[Record]:
    entries: list[Record] = []
    last, link = 0, NOTHING
    for seq, content in records:
        try:
            record = unpacked(seq, content)
        except UnusableJournal as error:
            findings.forks.append(f"{seq}: {error}")
            continue
        row = record.row
        if (seq, row[_AT["previous"]]) != (last + 1, link):
            findings.forks.append(f"{seq} does not follow {last}")
        if hash_of_row(journal, row) != row[_AT["hash"]]:
            findings.forks.append(f"{seq}: hash")
        last, link = seq, row[_AT["hash"]]
        entries.append(record)
    return entries


def _check_ack(ack: Ack, by_seq: dict[int, Row], texts: Counter[str], findings: Findings) -> None:
    row = by_seq.get(ack.seq)
    if ack.what == ACKNOWLEDGED:
        findings.acknowledged += 1
        if row is None or row[_AT["text"]] != ack.text:
            findings.missing.append(f"{ack.text} at {ack.seq}")
    elif ack.what == LATE:
        findings.acknowledged += 1
        if not texts[ack.text]:
            findings.missing.append(f"{ack.text}, late")
    elif ack.what in (CLAIM_TAKEN, HOLD_TAKEN):
        column = "claim" if ack.what == CLAIM_TAKEN else "holds"
        if row is None or row[_AT[column]] != ack.text:
            findings.wrong.append(f"{ack.seq} was said to have the {column} {ack.text}")
    else:
        assert ack.what == FAILED


def _check_holds(rows: Sequence[Row], findings: Findings) -> None:
    holders: dict[str, int] = {}
    for row in rows:
        holds, releases = row[_AT["holds"]], row[_AT["releases"]]
        holders.pop(releases, None)
        if holds and holds in holders:
            findings.wrong.append(f"{row[0]} took {holds}, which {holders[holds]} had")
        if holds:
            holders[holds] = row[0]
