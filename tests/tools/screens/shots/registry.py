"""Every picture, by mode."""

from tests.tools.screens.shots import (
    approvals,
    changes,
    common,
    duties,
    logs,
    queries,
    records,
    responding,
    systems,
    watching,
)
from tests.tools.screens.shots.shot import Shot

SHOTS: tuple[Shot, ...] = (
    *watching.SHOTS,
    *duties.SHOTS,
    *logs.SHOTS,
    *queries.SHOTS,
    *changes.SHOTS,
    *approvals.SHOTS,
    *responding.SHOTS,
    *records.SHOTS,
    *systems.SHOTS,
    *common.SHOTS,
)
