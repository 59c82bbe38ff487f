"""Who is at this console, as far as the machine knows."""

import getpass
import socket

from services.models.identity import Identity
from services.models.journal import Person


def person(identity: Identity | None) -> Person:
    """The person, with the AWS identity once that is known."""
    return Person(
        user=getpass.getuser(), host=socket.gethostname(), identity=identity.arn if identity else ""
    )
