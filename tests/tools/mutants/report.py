"""What the trials showed, as a table; and whether that is enough."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tests.tools.mutants.trials import Verdict

ENOUGH = 95.0  # Percent of all mutants that must be killed
GUARDED = ("services/changes/", "services/journal/", "services/aws/client/")  # Where none may be alive


def line_of(verdict: Verdict) -> str:
    """One mutant: what became of it, where and what it is, and how many of the tests that run it were asked."""
    mutant = verdict.mutant
    tests = (
        "no test runs it"
        if not mutant.tests
        else f"{verdict.ran} tests of {max(mutant.runners, len(mutant.tests))}"
    )
    by = f", {verdict.by}" if verdict.by else ""
    return f"{verdict.word:9} {mutant.place}  {mutant.change.kind}: {mutant.change.what}  ({tests}{by})"


def rate(verdicts: Sequence[Verdict]) -> float:
    """Percent that is not alive."""
    dead = sum(verdict.word != "alive" for verdict in verdicts)
    return 100.0 * dead / len(verdicts) if verdicts else 100.0


def table(verdicts: Sequence[Verdict]) -> str:
    """Rates by folder, then all that are alive, then the total."""
    folders: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        folders["/".join(verdict.mutant.line.file.parts[:-1][:2])].append(verdict)
    rows = [f"{'folder':40} {'mutants':>7} {'killed':>7} {'time-out':>8} {'alive':>6} {'rate':>6}"]
    rows += [_row(name, folders[name]) for name in sorted(folders)]
    alive = [verdict for verdict in verdicts if verdict.word == "alive"]
    rows += ["", *sorted(line_of(verdict) for verdict in alive), ""] if alive else [""]
    return "\n".join([*rows, _row("all", verdicts)])


def _row(name: str, verdicts: Sequence[Verdict]) -> str:
    killed, timed_out, alive = (
        sum(verdict.word == word for verdict in verdicts) for word in ("killed", "timed out", "alive")
    )
    return f"{name:40} {len(verdicts):7} {killed:7} {timed_out:8} {alive:6} {rate(verdicts):5.1f}%"


def is_enough(verdicts: Iterable[Verdict]) -> bool:
    """At least `ENOUGH` killed, and all of what is guarded."""
    all_of_them = list(verdicts)
    guarded = [each for each in all_of_them if each.mutant.line.file.as_posix().startswith(GUARDED)]
    return rate(all_of_them) >= ENOUGH and rate(guarded) == 100.0
