from datetime import datetime
from typing import Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from services.models.base import Clean, Model
from services.models.verdict import Verdict

ROWS = 50  # Maximum number of evidence rows in one table; the rest are only counted


class EvidencePlace(Model):
    kind: Literal["alarm", "log", "widget"]
    target: str
    """The alarm's name, the log group, or the metric of a dashboard widget (`namespace/metric`)."""
    at: datetime | None = None
    """The time to go to (UTC); None: the present."""
    task: str = ""
    """Id of the ECS task whose lines of a log are meant; "" for all."""


class Row(Model):
    """One row of an evidence table."""

    cells: tuple[Clean, ...]
    """One text per column."""
    verdict: Verdict | None = None
    """None: not judged."""
    place: SkipJsonSchema[EvidencePlace | None] = Field(default=None, exclude=True)
    """Where it leads; None: nowhere."""


class Evidence(Model):
    """A table of what the inspection read."""

    title: Clean
    """What the table shows."""
    columns: tuple[Clean, ...]
    """Column headings."""
    rows: tuple[Row, ...] = ()
    """The first rows; `omitted` counts the rest."""
    omitted: int = 0
    """Number of rows that are not included."""
    private: bool = False
    """Contains log texts: never posted to Slack, and printed only on request."""
