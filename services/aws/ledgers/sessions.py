"""AWS sessions for ledgers: each of its own, beside the console's, and each may append to one ledger alone."""

from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.aws.client.write_grants import AppendTarget
from services.clock import Clock


def ledger_session(
    target: AppendTarget,
    clock: Clock,
    meter: UsageMeter | None = None,
    *,
    region: str = "",
    profile: str = "",
    role_arn: str = "",
    endpoint_url: str = "",
) -> AwsSession:
    """A session whose only writes go to `target`; "" defers to the environment and ~/.aws, as everywhere. `meter` counts its requests."""
    settings = AwsSettings(profile=profile, region=region, role_arn=role_arn, endpoint_url=endpoint_url)
    return AwsSession(settings, clock=clock, meter=meter or UsageMeter(clock), journal=target)
