import re
from pathlib import Path

CI = Path(__file__).parents[2] / ".ci" / "run"


def test_ci_sets_no_variable_that_the_console_would_refuse():
    # The console refuses a start with a TOBAN_ variable that it does not know, and a bench has no other console.
    assert re.findall(r"\bTOBAN_\w+(?==)", CI.read_text("utf-8")) == []
