"""CloudWatch dashboards, and the built-in one.

Source: GetDashboard (Amazon CloudWatch API reference). Dashboards are global: any region answers.
"""

from services.aws.client.reader import Reader
from services.aws.cloudwatch.dashboards.body import parse_body
from services.aws.cloudwatch.dashboards.default import builtin_dashboard
from services.models.dashboards import Dashboard
from services.models.runbook import Runbook


class Dashboards:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def get(self, name: str) -> Dashboard:
        """The dashboard `name`, parsed and expanded. Raises AwsError (NotFound: no such dashboard)."""
        answer = await self._session.read(
            "cloudwatch", "GetDashboard", required=("DashboardBody",), DashboardName=name
        )
        return parse_body(name, answer["DashboardBody"])

    def builtin(self, runbook: Runbook) -> Dashboard:
        """The built-in dashboard of the runbook's targets."""
        return builtin_dashboard(runbook)
