"""Application Auto Scaling of ECS services: bounds and decisions.

Source: DescribeScalableTargets, DescribeScalingActivities (Application Auto Scaling API reference).
"""

from services.aws.reader import Reader, rows, when
from services.models.containers import ScalableTarget, ScalingActivity
from services.models.text import clean

DIMENSION = "ecs:service:DesiredCount"
SERVICE = "application-autoscaling"


class Scaling:
    """Reads the scaling of one account's and region's ECS services."""

    def __init__(self, session: Reader) -> None:
        self._session = session

    async def target(self, cluster: str, name: str) -> ScalableTarget | None:
        """A service's bounds; None where scaling was never configured. Raises AwsError."""
        answer = await self._session.read(
            SERVICE,
            "DescribeScalableTargets",
            required=("ScalableTargets",),
            ServiceNamespace="ecs",
            ResourceIds=[f"service/{cluster}/{name}"],
            ScalableDimension=DIMENSION,
        )
        for row in rows(answer, "ScalableTargets"):
            suspended = row.get("SuspendedState") or {}
            return ScalableTarget(
                minimum=int(row.get("MinCapacity") or 0),
                maximum=int(row.get("MaxCapacity") or 0),
                suspended=any(suspended.values()),
            )
        return None

    async def activities(self, cluster: str, name: str, limit: int = 50) -> tuple[ScalingActivity, ...]:
        """A service's newest scaling decisions, newest first, also those that changed nothing.

        AWS keeps six weeks. Raises AwsError.
        """
        found: list[ScalingActivity] = []
        pages = self._session.pages(
            SERVICE,
            "DescribeScalingActivities",
            required=("ScalingActivities",),
            ServiceNamespace="ecs",
            ResourceId=f"service/{cluster}/{name}",
            ScalableDimension=DIMENSION,
            IncludeNotScaledActivities=True,
        )
        async for page in pages:
            for row in rows(page, "ScalingActivities"):
                at = when(row.get("StartTime"))
                if at is not None:
                    found.append(
                        ScalingActivity(
                            at=at,
                            status=clean(row.get("StatusCode")),
                            description=row.get("Description"),
                            cause=row.get("Cause"),
                            not_scaled=tuple(clean(why.get("Code")) for why in rows(row, "NotScaledReasons")),
                        )
                    )
            if len(found) >= limit:
                break
        return tuple(sorted(found, key=lambda activity: activity.at, reverse=True)[:limit])
