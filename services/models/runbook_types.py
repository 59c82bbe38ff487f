"""Text types of the runbook's grammar, each with the form that its texts must have."""

from typing import Annotated

from pydantic import StringConstraints

AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]  # AWS account id: twelve digits
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$")]
"""AWS region, e.g. `ap-northeast-1`."""
SLUG = r"^[a-z0-9][a-z0-9-]*$"  # Pattern of a Slug
Slug = Annotated[str, StringConstraints(pattern=SLUG)]  # An id: lowercase ASCII letters, digits and hyphens
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""Time of day, `HH:MM` from 00:00 to 23:59."""
