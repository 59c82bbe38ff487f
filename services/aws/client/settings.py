"""Connection settings for AWS; the SDK resolves empty ones like any AWS tool."""

from dataclasses import dataclass

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Hosts of an endpoint that no proxy can reach."""


@dataclass(frozen=True, slots=True)
class WriteRole:
    """A role that is assumed for changes alone, while the console is armed."""

    role_arn: str
    mfa_serial: str = ""
    """The MFA device of the IAM user whose access key is in use; "": the role asks for no code."""

    @property
    def name(self) -> str:
        """The role's name, without its path."""
        return self.role_arn.rsplit("/", 1)[-1]

    @property
    def account(self) -> str:
        """The account that the role belongs to."""
        return self.role_arn.split(":")[4]


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """Settings from the command line or the configuration; "" defers to AWS_PROFILE, AWS_REGION, ~/.aws…

    Source: "Configuration and credential precedence", AWS CLI user guide.
    """

    profile: str = ""
    """A named profile; as with `aws --profile`, it takes precedence over keys in the environment."""
    region: str = ""
    role_arn: str = ""
    """A role to assume with the resolved credentials."""
    external_id: str = ""
    mfa_serial: str = ""
    """The MFA device required by `role_arn`."""
    session_name: str = ""
    """The operator's name, recorded by CloudTrail as the role session name."""
    endpoint_url: str = ""
    """A custom endpoint for every service (same as AWS_ENDPOINT_URL)."""
    write_role: WriteRole | None = None
    """The role that changes are sent with; None: the credentials that read."""
