"""Every picture, by mode."""

from tests.tools.screens.shots import changes, common, duties, logs, records, watching
from tests.tools.screens.shots.shot import Shot

SHOTS: tuple[Shot, ...] = (
    *watching.SHOTS,
    *duties.SHOTS,
    *logs.SHOTS,
    *changes.SHOTS,
    *records.SHOTS,
    *common.SHOTS,
)
