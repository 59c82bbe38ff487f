from random import Random
from typing import NamedTuple


class Line(NamedTuple):
    visible: int
    """When it becomes visible, epoch milliseconds."""
    at: int
    """Its timestamp, epoch milliseconds."""
    group: str
    stream: str
    message: str


def delay(random: Random) -> int:
    """Milliseconds until a line is visible: mostly a second or two, one in a hundred over a minute."""
    chance = random.random()
    if chance < 0.95:
        return 400 + int(random.random() * 2400)
    return 3_000 + int(random.random() * 17_000) if chance < 0.99 else 60_000 + int(random.random() * 35_000)
