"""Import this to register every handler of the embedded AWS."""

# ruff: noqa: F401  imported for their registration
from services.demo import (
    athena,
    balancer,
    costs_handlers,
    firewall,
    iam,
    identity,
    objects,
    rds_handlers,
    regions,
    scaling_handlers,
    schedule_handlers,
    trail_handlers,
)
from services.demo.cloudwatch import handlers as cloudwatch
from services.demo.ecs import handlers as ecs
from services.demo.ecs import task_handlers
from services.demo.logs import handlers as logs
from services.demo.logs import insights_handlers, live
