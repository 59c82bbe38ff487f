from collections.abc import Iterator
from datetime import date

import pytest

from services.models.date_text import written_on


@pytest.fixture(autouse=True)
def _written_in_2026() -> Iterator[None]:
    """Findings are read in the year of the run, as the runner sees to."""
    with written_on(date(2026, 1, 14)):
        yield
