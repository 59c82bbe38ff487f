"""What another region has of a database: copies of snapshots, replicated automated backups, and the groups it would need.

Source: DescribeDBSnapshots, DescribeDBInstanceAutomatedBackups, DescribeDBParameterGroups, DescribeDBSubnetGroups (Amazon
RDS API reference); "Replicating automated backups to another AWS Region" (Amazon RDS user guide). Automatic snapshots do
not leave their region: what is listed there was copied or replicated.
"""

from services.aws.client.errors import NotFound
from services.aws.client.reader import Answer, Reader, incomplete, readable_name, rows
from services.aws.rds.parsing import automated_backup_of, snapshot_of
from services.i18n import _
from services.models.base import RawId
from services.models.rds import AutomatedBackup, Snapshot


class RecoveryReader:
    """Reads the region in which the system is recovered; every method raises AwsError."""

    def __init__(self, session: Reader, region: str) -> None:
        self._session = session
        self._region = region

    async def snapshots(self, name: str) -> tuple[Snapshot, ...]:
        """The snapshots of a database there, whoever copied them, the newest first; those without a time are last."""
        snapshots: list[Snapshot] = []
        for kind in ("manual", "awsbackup"):
            pages = self._session.pages(
                "rds",
                "DescribeDBSnapshots",
                region=self._region,
                required=("DBSnapshots",),
                DBInstanceIdentifier=name,
                SnapshotType=kind,
            )
            snapshots += [snapshot_of(row) async for page in pages for row in rows(page, "DBSnapshots")]
        dated = sorted(
            (each for each in snapshots if each.at),
            key=lambda snapshot: (snapshot.at, str(snapshot.id)),
            reverse=True,
        )
        return (*dated, *(each for each in snapshots if each.at is None))

    async def automated_backups(self, name: str) -> tuple[AutomatedBackup, ...]:
        pages = self._session.pages(
            "rds",
            "DescribeDBInstanceAutomatedBackups",
            region=self._region,
            required=("DBInstanceAutomatedBackups",),
            DBInstanceIdentifier=name,
        )
        try:
            return tuple(
                [
                    automated_backup_of(row)
                    async for page in pages
                    for row in rows(page, "DBInstanceAutomatedBackups")
                ]
            )
        except NotFound:
            return ()

    async def has_parameter_group(self, name: str) -> bool:
        try:
            answer = await self._session.read(
                "rds",
                "DescribeDBParameterGroups",
                region=self._region,
                required=("DBParameterGroups",),
                DBParameterGroupName=name,
            )
        except NotFound:
            return False
        return name in [_name(row, "DBParameterGroup") for row in rows(answer, "DBParameterGroups")]

    async def subnet_groups(self) -> tuple[RawId, ...]:
        pages = self._session.pages(
            "rds", "DescribeDBSubnetGroups", region=self._region, required=("DBSubnetGroups",)
        )
        return tuple(
            [
                RawId(_name(row, "DBSubnetGroup"))
                async for page in pages
                for row in rows(page, "DBSubnetGroups")
            ]
        )


def _name(row: Answer, kind: str) -> str:
    """The name of a group. Raises Incomplete without one: a group that is there must not count as missing."""
    name = readable_name(row.get(f"{kind}Name"))
    if not name:
        raise incomplete(_("RDS returned a group without its name."), "rds", f"Describe{kind}s")
    return name
