"""Import this to register every handler of the embedded AWS."""

from services.demo import balancer, identity, scaling_handlers  # noqa: F401  imported for their registration
from services.demo.cloudwatch import handlers as cloudwatch  # noqa: F401
from services.demo.ecs import handlers as ecs  # noqa: F401
from services.demo.logs import handlers as logs  # noqa: F401
