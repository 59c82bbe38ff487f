"""Whether a journal setting is the address of a ledger."""

from typing import TYPE_CHECKING

from services.models.text import clean
from tui.cli.opened_journal import CommandStopped
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
        scheme = clean(setting.partition("://")[0])
        raise CommandStopped([f"{scheme}://…: {error}"], ExitStatus.USAGE) from error
