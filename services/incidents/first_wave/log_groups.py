"""The log groups of the first wave, and the filter patterns that find an incident's words in them.

Source: "Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail" (Amazon
CloudWatch Logs user guide): of `?terms`, any one; at most 1,024 characters.
"""

from services.models.base import RawId
from services.models.runbook import Runbook

ERRORS = (
    "?ERROR ?FATAL ?CRITICAL ?Error ?error ?Exception ?exception ?Traceback ?Timeout ?timed ?refused ?SSL"
)
"""Lines that application frameworks mark as errors."""
PHRASES = (
    "remaining connection slots",
    "too many clients",
    "too many connections",
    "Too many connections",
    "terminating connection",
    "could not extend file",
    "No space left",
    "system is shutting down",
    "system is starting up",
    "in recovery mode",
    "deadlock detected",
    "Deadlock found",
    "canceling statement",
    "still waiting for",
    "password authentication failed",
    "no pg_hba.conf entry",
    "terminated by signal",
    "server processes",
    "Lock wait timeout",
    "out of memory",
    "could not write to file",
    "PANIC",
    "temporary file",
)
"""What PostgreSQL and MySQL write when they refuse, end or fail; from their error messages (PostgreSQL error codes
28P01, 53100, 53200, 53300, 57014, 57P01, 57P03, 40P01; MySQL 1040, 1205, 1213)."""
DATABASE_PATTERN = " ".join(f'?"{phrase}"' for phrase in PHRASES)


def application_group(runbook: Runbook) -> RawId:
    """The application's log group; "" if the runbook names none."""
    group = runbook.error_logs.log_group if runbook.error_logs else RawId("")
    return group or next((each.id for each in runbook.log_groups if each.kind == "application"), RawId(""))


def application_pattern(runbook: Runbook) -> str:
    """The filter pattern for errors of the application: the runbook's, and beside a single word of it the usual ones."""
    errors = runbook.error_logs
    own = errors.tail_pattern if errors and errors.log_group == application_group(runbook) else ""
    if own.isalnum():
        return " ".join(dict.fromkeys([f"?{own}", *ERRORS.split()]))
    return own or ERRORS


def database_group(runbook: Runbook) -> RawId:
    """The database's log group; "" if the runbook names none."""
    own = next((each.id for each in runbook.log_groups if each.kind == "database"), RawId(""))
    return own or (runbook.slow_queries.log_group if runbook.slow_queries else RawId(""))
