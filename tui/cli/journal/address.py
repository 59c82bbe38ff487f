from typing import TYPE_CHECKING

from tui.cli.opened_journal import CommandStopped, shown_place
from tui.exit_status import ExitStatus

if TYPE_CHECKING:
    from services.journal.ledgers.registry import LedgerAddress


def ledger_address(setting: str | None) -> "LedgerAddress | None":
    """The address; None for a file, and without a setting. Raises CommandStopped for one that is mistaken."""
    from services.journal.ledgers.registry import BadAddress, is_address, parse

    if not setting or not is_address(setting):
        return None
    try:
        return parse(setting)
    except BadAddress as error:
        raise CommandStopped([f"{shown_place(setting)}: {error}"], ExitStatus.USAGE) from error
