"""The runbook's database, in moto's RDS; created at the first RDS request, because moto's loads slowly."""

from typing import TYPE_CHECKING

from services.demo.system import names

if TYPE_CHECKING:
    from services.demo.world import World


def create_database(world: "World") -> None:
    """Put facility-prod-db into moto's state, unless it is there."""
    from moto.rds.models import rds_backends

    backend = rds_backends[world.account][world.region]
    if names.DATABASE in backend.databases:
        return
    backend.create_db_instance(
        {
            "db_instance_identifier": names.DATABASE,
            "db_instance_class": "db.t4g.medium",
            "engine": "postgres",
            "engine_version": "16.4",
            "port": 5432,
            "allocated_storage": 100,
            "storage_type": "gp3",
            "storage_encrypted": True,
            "db_name": "facility",
            "master_username": "facility",
            "master_user_password": "not-a-secret",
            "multi_az": True,
            "backup_retention_period": 7,
            "preferred_backup_window": "18:10-18:40",
            "preferred_maintenance_window": "sat:17:00-sat:18:00",
            "deletion_protection": True,
            "enable_cloudwatch_logs_exports": ["postgresql"],
        }
    )
