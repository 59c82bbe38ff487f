"""`toban drill`: an incident of the embedded AWS to practise on, and `toban drill score`: how it went.

A drill has a journal of its own and, beside it, a file that says what is really wrong; both stay. Exit status of
`drill`: that of the console, and 0 after its score was printed. Of `score`: 0 all decided causes are right, 1 some
are effects of the true cause or undecided, 2 some are wrong, 3 nothing could be scored, 64 usage error. `--json` prints
the fields of `services.models.drill_score.DrillScores`.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any

import click

from services.host.regular_files import named
from services.host.state_files import stamped_name, state_folder, write_private
from services.i18n import _
from services.models.text import clean
from tui.cli.click_i18n import Named, Prints, Speed, TranslatedCommand, TranslatedGroup
from tui.cli.opened_journal import CommandStopped, configured_place
from tui.cli.printing import json_lines
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions

if TYPE_CHECKING:
    from services.models.drill_score import DrillScores
    from services.models.runbook import Runbook

FIRST = "alb-5xx"  # The scenario without `--scenario`
_SEEDS = 10_000
Go = Callable[[StartOptions], int]  # Hands the terminal over to the console and returns its exit status


def drill_group(
    output: Prints,
    start: Sequence[click.Parameter],
    shared: Sequence[click.Parameter],
    before: Callable[[], StartOptions],
    go: Go,
) -> TranslatedGroup:
    """Build the group; `start` are the console's options, `shared` those that select a system."""
    drills = _Drills(output, before, go)
    return TranslatedGroup(
        "drill",
        callback=drills.run,
        invoke_without_command=True,
        help=_(
            "Practise on an incident that a seed draws, and see afterwards what it really was.\n\nThe drill runs on "
            "the embedded AWS and has a journal of its own."
        ),
        params=[
            click.Option(
                ["--scenario"],
                type=Named(drawable),
                metavar="NAME",
                help=_("Scenario whose alarm is set off; default: {name}", name=FIRST),
            ),
            click.Option(["--seed"], type=int, metavar="N", help=_("Draw this incident; default: any")),
            click.Option(["--speed"], type=Speed(), metavar="N", help=_("Speed as a multiple of real time")),
            *start,
        ],
        commands=[
            TranslatedCommand(
                "score",
                callback=drills.score,
                help=_(
                    "Print how drills went, and what was taken for what.\n\nWithout a journal, all drills are "
                    "scored. Exit status: 0 every decided cause is right, 1 some are only effects or undecided, "
                    "2 some are wrong, 3 nothing could be scored."
                ),
                params=[
                    click.Argument(["journals"], nargs=-1, metavar="[JOURNAL…]"),
                    click.Option(["--json", "data"], is_flag=True, help=_("Print JSON.")),
                    click.Option(
                        ["--schema"], is_flag=True, help=_("Print what the fields of the JSON mean.")
                    ),
                    *shared,
                ],
            )
        ],
    )


def drawable() -> list[str]:
    from services.demo.incidents.drawing import ALARMS

    return sorted(ALARMS)


@dataclass(frozen=True, slots=True)
class _Drills:
    output: Prints
    before: Callable[[], StartOptions]
    go: Go

    def run(self, *, scenario: str | None, seed: int | None, journal: str | None, **flags: Any) -> int | None:
        if click.get_current_context().invoked_subcommand:
            return None
        set_flags = {key: value for key, value in flags.items() if value is not None}
        scenario = scenario or FIRST
        seed = SystemRandom().randrange(_SEEDS) if seed is None else seed
        path = named(journal) if journal else new_journal(scenario, seed)
        try:
            options = replace(
                self.before(), demo=True, scenario=scenario, seed=seed, journal=str(path), **set_flags
            )
            hide(path, options)
        except OSError as error:
            reason = clean(error.strerror or error)
            self.output.print_lines([f"{clean(path)}: {reason}"], error=True)
            return ExitStatus.CANNOT_WRITE
        status = self.go(options)
        return self._print_score([path], options) if status == ExitStatus.NORMAL else status

    def _print_score(self, paths: Iterable[Path], options: StartOptions) -> int:
        from tui.cli.drill.text import score_lines

        try:
            scores = scores_of(paths, _runbook(options))
        except CommandStopped as stop:
            self.output.print_lines(stop.lines, error=True)
            return stop.status
        self.output.print_lines(score_lines(scores))
        return ExitStatus.NORMAL

    def score(self, *, journals: Sequence[str], data: bool, schema: bool, **flags: Any) -> int:
        if schema:
            from services.models.drill_score import DrillScores
            from services.toml.grammar import schema as schema_of

            self.output.hand_over(json_lines(schema_of(DrillScores)))
            return ExitStatus.NORMAL
        set_flags = {key: value for key, value in flags.items() if value is not None}
        paths = [named(name) for name in journals] or every_journal()
        try:
            scores = scores_of(paths, _runbook(replace(self.before(), **set_flags)))
        except CommandStopped as stop:
            self.output.print_lines(stop.lines, error=True)
            return stop.status
        if data:
            self.output.hand_over(json_lines(scores.model_dump(mode="json")))
        else:
            from tui.cli.drill.text import score_lines

            self.output.print_lines(score_lines(scores))
        return status_of(scores)


def new_journal(scenario: str, seed: int) -> Path:
    return state_folder("drills") / stamped_name(f"{scenario}-seed{seed}", ".db", "%Y%m%d-%H%M%S")


def every_journal() -> list[Path]:
    from services.report.drill import SUFFIX

    folder = state_folder("drills")
    return sorted(
        path.with_name(path.name.removesuffix(SUFFIX) + ".db") for path in folder.glob(f"*{SUFFIX}")
    )


def hide(journal: Path, options: StartOptions) -> None:
    """Write what is really wrong beside the journal. Raises OSError."""
    from services.demo.incidents.drawing import ALARMS, draw
    from services.models.drill_score import DrillTruth
    from services.report.drill import truth_path

    world = draw(options.scenario, options.seed or 0)
    truth = DrillTruth(
        scenario=options.scenario,
        seed=options.seed or 0,
        alarm=ALARMS[options.scenario],
        causes=tuple(world.causes),
        red_herrings=tuple(world.red_herrings),
        speed=options.speed,
    )
    write_private(truth_path(journal), truth.model_dump_json(indent=2) + "\n")


def scores_of(paths: Iterable[Path], runbook: "Runbook") -> "DrillScores":
    from services.journal.problems import UnusableJournal
    from services.report.drill import scored, together

    scores, unscored = [], []
    for path in paths:
        try:
            scores.append(scored(path, runbook))
        except (sqlite3.Error, OSError, UnusableJournal, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            unscored.append(f"{path.name}: {clean(reason or error)}")
    return together(scores, unscored)


def status_of(scores: "DrillScores") -> ExitStatus:
    from services.models.drill_score import CauseVerdict

    verdicts = {drill.decided_verdict for drill in scores.drills}
    if not verdicts:
        return ExitStatus.UNKNOWN
    if CauseVerdict.WRONG in verdicts:
        return ExitStatus.ABNORMAL
    return ExitStatus.NORMAL if verdicts == {CauseVerdict.RIGHT} else ExitStatus.ATTENTION


def _runbook(options: StartOptions) -> "Runbook":
    """Return the configured runbook. Raises CommandStopped."""
    return configured_place(options, None)[0]
