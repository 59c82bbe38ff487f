"""The mistakes that the runbook's loader finds in a text."""

from services.runbook.loader import RunbookError, loads
from services.toml.files import Mistake


def mistakes(text: str) -> tuple[Mistake, ...]:
    """Every mistake; () for a runbook without any."""
    try:
        loads(text)
    except RunbookError as error:
        return error.mistakes
    return ()
