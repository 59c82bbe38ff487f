"""How to reach AWS; whatever is left empty, the SDK finds as every AWS tool does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """What the command line or the configuration said; "" leaves it to AWS_PROFILE, AWS_REGION, ~/.aws…

    Source: "Configuration and credential precedence", AWS CLI user guide.
    """

    profile: str = ""
    """A named profile; as with `aws --profile`, it wins over keys in the environment."""
    region: str = ""
    role_arn: str = ""
    """A role to assume with the credentials found."""
    external_id: str = ""
    mfa_serial: str = ""
    """The MFA device that `role_arn` asks for."""
    session_name: str = ""
    """The operator's name, as CloudTrail will show it."""
    endpoint_url: str = ""
    """Another endpoint than AWS for every service (AWS_ENDPOINT_URL does the same)."""
