import pytest

from tests.faults.ledger.engines import engines
from tests.faults.ledger.figures import KEY, table

__all__ = ["engines"]


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    rows = [value for report in reports for key, value in report.user_properties if key == KEY]
    if rows:
        terminalreporter.write_sep("=", "shared journals")
        terminalreporter.write_line(table(rows))
