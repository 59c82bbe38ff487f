"""`toban logs query`: a query of Logs Insights without a screen; its price first.

Rows go to standard output (a table, `--csv` or `--json`), everything else to standard error, so that the rows can be
piped; as logged, unless `--mask` is given. A query that is interrupted, or whose reader has gone, is stopped, because AWS charges for what it scans.

Exit status: 0 all rows were read, 64 usage error or a query that does not compile, 69 AWS did not answer or the query
did not complete, 77 the price was not agreed to, 130 interrupted.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import click

from services.i18n import _
from services.models.text import clean
from tui.cli.click_i18n import Prints, TranslatedChoice, TranslatedCommand
from tui.cli.logs.query.flags import QueryFlags
from tui.cli.opened_journal import stoppable
from tui.cli.printing import json_lines
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions

LANGUAGES = ("logsql", "ppl", "sql")


def query_command(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> TranslatedCommand:
    names = {option.name for option in shared}

    @stoppable(output)
    def callback(*, schema: bool, **flags: Any) -> int:
        if schema:
            output.hand_over(json_lines(_schema()))
            return ExitStatus.NORMAL
        overrides = {key: value for key, value in flags.items() if key in names and value is not None}
        chosen = _flags({key: value for key, value in flags.items() if key not in names})
        from tui.cli.logs.query.run import run

        return run(output, chosen, replace(before(), **overrides))

    return TranslatedCommand(
        "query",
        callback=callback,
        help=_(
            "Run a query of Logs Insights.\n\nQUERY is a text, - for standard input, or the name of a query that is "
            "saved in the runbook or in the account. The price is estimated first: on a terminal you are asked, "
            "elsewhere --yes or --max-yen is needed. Exit status: 0 all rows were read, 64 the query is wrong, 69 "
            "it did not complete, 77 the price was not agreed to."
        ),
        params=[
            click.Argument(["query"], required=False, default="", metavar="QUERY"),
            click.Option(
                ["--group", "-g", "groups"],
                multiple=True,
                metavar="GROUP",
                help=_("Log group to read; may be repeated. Default: the saved query's, else the runbook's first"),
            ),
            click.Option(["--since"], metavar="AGO", help=_("Length of the range up to now: 30m, 16h, 3d; default: 1h")),
            click.Option(
                ["--from", "start"], metavar="TIME", help=_("Start of the range: “2026-01-05 17:00”, or how long ago")
            ),
            click.Option(["--to", "end"], metavar="TIME", help=_("End of the range; default: now")),
            click.Option(
                ["--param", "-p", "params"],
                multiple=True,
                metavar="NAME=VALUE",
                help=_("Value of a parameter of a saved query; may be repeated"),
            ),
            click.Option(
                ["--language"], type=TranslatedChoice(LANGUAGES), help=_("Language of the query; default: logsql")
            ),
            click.Option(
                ["--limit"],
                type=click.IntRange(1, 100_000),
                metavar="N",
                help=_("Rows at most, unless the query says; more than 10,000 in LogsQL only"),
            ),
            click.Option(["--yes", "-y"], is_flag=True, help=_("Agree to the price, whatever it is.")),
            click.Option(
                ["--max-yen"], type=click.FloatRange(0), metavar="YEN", help=_("Agree to a price up to this one")
            ),
            click.Option(["--json", "as_json"], is_flag=True, help=_("Print JSON.")),
            click.Option(["--csv", "as_csv"], is_flag=True, help=_("Print comma-separated values, times in UTC.")),
            click.Option(["--mask"], is_flag=True, help=_("Mask secrets and personal data.")),
            click.Option(["--list", "listing"], is_flag=True, help=_("List the saved queries.")),
            click.Option(["--schema"], is_flag=True, help=_("Print what the fields of the JSON mean.")),
            *shared,
        ],
    )  # fmt: skip


def _flags(flags: dict[str, Any]) -> QueryFlags:
    """Check what does not need a runbook. Raises UsageError."""
    from services.models.insights_queries import LONGEST_TEXT, MOST_GROUPS, QueryLanguage

    context = click.get_current_context()
    text = flags["query"]
    if text == "-":
        text = sys.stdin.read()
    if not text.strip() and not flags["listing"]:
        raise click.UsageError(_("QUERY is missing: a text, -, or the name of a saved query"), context)
    if flags["as_json"] and flags["as_csv"]:
        raise click.UsageError(_("give one of --json and --csv"), context)
    if flags["since"] and (flags["start"] or flags["end"]):
        raise click.UsageError(_("give either --since, or --from and --to"), context)
    if len(text) > LONGEST_TEXT:
        message = _("a query has at most {count} characters", count=f"{LONGEST_TEXT:,}")
        raise click.UsageError(message, context)
    if len(flags["groups"]) > MOST_GROUPS:
        message = _("Logs Insights reads at most {count} log groups in one query")
        raise click.UsageError(message.format(count=MOST_GROUPS), context)
    values = {}
    for pair in flags["params"]:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            message = _("--param {text}: write it as NAME=VALUE", text=clean(pair))
            raise click.UsageError(message, context)
        values[name] = value
    return QueryFlags(
        query=text,
        groups=flags["groups"],
        since=flags["since"],
        start=flags["start"],
        end=flags["end"],
        values=values,
        language=QueryLanguage.named(flags["language"]) if flags["language"] else None,
        limit=flags["limit"],
        yes=flags["yes"],
        max_yen=flags["max_yen"],
        format="json" if flags["as_json"] else "csv" if flags["as_csv"] else "table",
        listing=flags["listing"],
        mask=flags["mask"],
    )


def _schema() -> dict[str, Any]:
    from services.models.query_answer import QueryAnswer
    from services.toml.grammar import schema

    return schema(QueryAnswer)
