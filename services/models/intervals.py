"""How often AWS is read; part of the console's configuration."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Intervals(BaseModel):
    """Seconds between reads when all is well; the floors keep AWS requests, and their price, small."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alarms: Annotated[float, Field(ge=60, le=3600)] = 60
    """Alarm states."""
    metrics: Annotated[float, Field(ge=60, le=3600)] = 60
    """The dashboard's curves."""
    logs: Annotated[float, Field(ge=2, le=600)] = 5
    """New log lines."""
