"""The console of the demo with the same person at every recording: `python -m tests.tools.casts.console demo …`."""

from services.journal import origin
from services.models.journal import Person
from tui.__main__ import main

PERSON = Person(user="sato", origin="ssh 192.0.2.10", host="bastion")
"""An address for documentation (RFC 5737)."""

if __name__ == "__main__":
    origin._machine = lambda: PERSON  # type: ignore[assignment]  # the machine that records is nobody's business
    main()
