"""The instance classes that the embedded AWS sells, and the sizes of its storage.

Source: "DB instance classes" and "Amazon RDS DB instance storage" (Amazon RDS user guide). Prices are invented, near
those of Tokyo.
"""

from dataclasses import dataclass

ENGINE, VERSION = "postgres", "16.4"
GIB_MONTH = 0.138
"""Dollars per GiB and month of gp3 in one zone; Multi-AZ costs twice as much, and so does an instance."""
SMALLEST, LARGEST = 20, 65536
"""GiB of storage."""
FARGATE = {
    "Fargate-vCPU-Hours:perCPU": 0.05056,
    "Fargate-GB-Hours": 0.00553,
    "Fargate-ARM-vCPU-Hours:perCPU": 0.04045,
    "Fargate-ARM-GB-Hours": 0.00442,
}
"""Dollars per hour by type of usage."""
STRIPED = 400
"""GiB from which gp3 is striped over four volumes: its IOPS must be given, and are more."""
IOPS, STRIPED_IOPS, MOST_IOPS = 3000, 12000, 64000


@dataclass(frozen=True, slots=True)
class InstanceClass:
    name: str
    cores: int
    memory_gib: int
    hourly: float
    """Dollars in one zone."""

    @property
    def share(self) -> float:
        return (2 / self.cores) * (4 / self.memory_gib) ** 0.5


CLASSES = {
    each.name: each
    for each in (
        InstanceClass("db.t4g.micro", 2, 1, 0.025),
        InstanceClass("db.t4g.small", 2, 2, 0.051),
        InstanceClass("db.t4g.medium", 2, 4, 0.101),
        InstanceClass("db.t4g.large", 2, 8, 0.202),
        InstanceClass("db.t4g.xlarge", 4, 16, 0.404),
        InstanceClass("db.m6g.large", 2, 8, 0.236),
        InstanceClass("db.m6g.xlarge", 4, 16, 0.472),
        InstanceClass("db.r6g.large", 2, 16, 0.273),
        InstanceClass("db.r6g.xlarge", 4, 32, 0.546),
    )
}


def baseline(size: int) -> int:
    """IOPS of gp3 of so many GiB without extra charge."""
    return STRIPED_IOPS if size >= STRIPED else IOPS
