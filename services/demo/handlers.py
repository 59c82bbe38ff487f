"""Import this to register every handler of the embedded AWS."""

from services.demo.cloudwatch import handlers as cloudwatch  # noqa: F401  registers
from services.demo.logs import handlers as logs  # noqa: F401  registers
