from collections.abc import Callable, Sequence

from tests.faults.ledger.race import Race, Result

KEY = "ledger"  # Of a test's properties
HEAD = ("engine", "fault", "writers", "kills", "entries", "missing", "twice", "forks", "wrong", "appends/s")

Note = Callable[[str, object], None]  # pytest's `record_property`


def note(record: Note, engine: str, fault: str, race: Race, result: Result) -> None:
    row = (
        engine, fault, race.writers, result.kills, result.findings.entries, *result.findings.counts,
        f"{result.rate:.0f}" if result.seconds else "-",
    )  # fmt: skip
    record(KEY, [str(cell) for cell in row])


def table(rows: Sequence[Sequence[str]]) -> str:
    lines = [HEAD, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
