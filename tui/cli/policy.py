"""`toban policy`: the least-privilege IAM policies of a runbook, as JSON for `aws iam create-policy`; no AWS
access. Where the journal is in PostgreSQL, `journal` prints the GRANT statements instead. Exit status: 0, 2
the runbook has nothing that the policy would allow, 64 usage error, 65 and 78 a runbook or configuration with
mistakes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from services.i18n import N_, _
from tui.cli.click_i18n import TranslatedChoice, TranslatedCommand
from tui.cli.journal.address import ledger_address
from tui.cli.opened_journal import configured, stoppable
from tui.cli.printing import PrintedOutput, json_lines
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions

if TYPE_CHECKING:
    from services.journal.ledgers.registry import LedgerAddress
    from services.models.runbook import Runbook

NAMES = {
    "read": N_("what the console, its inspections and its plans read"),
    "operate": N_("what its changes send, with a second factor; beside the policy for reading"),
    "rotate": N_("the rotation of access keys, for a role of its own"),
    "journal": N_("reading and appending to the journal's ledger, and its hashes in CloudWatch Logs"),
}
"""The policies, and what each allows."""


class _PolicyCommand(TranslatedCommand):
    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(_("Policies")):
            formatter.write_dl([(name, _(text)) for name, text in NAMES.items()])
        super().format_options(ctx, formatter)


def policy_command(
    output: PrintedOutput, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> TranslatedCommand:
    @stoppable(output)
    def callback(*, name: str, **flags: Any) -> int:
        given = {key: value for key, value in flags.items() if value is not None}
        runbook, ledger = _subject(replace(before(), **given))
        if name == "journal" and ledger is not None and _has_own_rights(ledger):
            return _grant(output, runbook, ledger)
        from services.policy.documents import document
        from tui.panel_registry import PANELS

        panels = [call for panel in PANELS for call in panel.calls]
        region = before().region or flags.get("region") or ""
        policy = document(name, runbook, region=region, panels=panels, ledger=ledger)
        if not policy["Statement"]:
            text = (
                _(
                    "The journal is a file of this host, which needs no rights in AWS; --journal ADDRESS names a ledger."
                )
                if name == "journal"
                else _("The runbook names nothing that this policy would allow.")
            )
            output.print_lines([text], error=True)
            return ExitStatus.ABNORMAL
        if any(action.startswith("athena:") for each in policy["Statement"] for action in each["Action"]):
            note = _(
                "Athena also stores its results: allow s3:PutObject where the workgroup stores them, which the runbook does "
                "not say."
            )
            output.print_lines([note], error=True)
        output.hand_over(json_lines(policy))
        return ExitStatus.NORMAL

    journal = click.Option(
        ["--journal"], metavar="ADDRESS", help=_("Address of the ledger instead of the configured one")
    )
    return _PolicyCommand(
        "policy",
        callback=callback,
        help=_("Print an IAM policy that allows no more than this runbook needs."),
        params=[
            click.Argument(["name"], type=TranslatedChoice(list(NAMES)), metavar="POLICY"),
            journal,
            *shared,
        ],
    )


def _subject(options: StartOptions) -> "tuple[Runbook, LedgerAddress | None]":
    """The runbook, and the ledger's address if the journal is in one. Raises CommandStopped."""
    config, runbook = configured(options)
    return runbook, ledger_address(config.journal)


def _has_own_rights(ledger: "LedgerAddress") -> bool:
    from services.policy.ledgers import ENGINE_WITHOUT_IAM

    return ledger.scheme == ENGINE_WITHOUT_IAM


def _grant(output: PrintedOutput, runbook: "Runbook", ledger: "LedgerAddress") -> int:
    from services.policy.ledgers import grants

    if runbook.journal.log_group:
        note = _(
            "The hashes in CloudWatch Logs need an IAM policy as well: toban policy journal --journal FILE"
        )
        output.print_lines([note], error=True)
    output.hand_over([grants(ledger)])
    return ExitStatus.NORMAL
