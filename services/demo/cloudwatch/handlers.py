"""Import this to register every CloudWatch handler."""

from services.demo.cloudwatch import (  # noqa: F401  imported for their registration
    alarm_handlers,
    dashboards,
    data_handlers,
    describe_handlers,
    metric_handlers,
    mute_handlers,
)
