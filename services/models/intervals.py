"""How often the console reads from AWS; part of its configuration."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Intervals(BaseModel):
    """Seconds between reads without failures; the minima limit the number of AWS requests, and so their cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alarms: Annotated[float, Field(ge=60, le=3600)] = 60
    """Alarm states."""
    metrics: Annotated[float, Field(ge=60, le=3600)] = 60
    """Metrics of the dashboard."""
    logs: Annotated[float, Field(ge=2, le=600)] = 5
    """New log lines."""
