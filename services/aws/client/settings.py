from dataclasses import dataclass

LOOPBACK = ("127.0.0.1", "::1", "localhost")  # Hosts of an endpoint that no proxy can reach


@dataclass(frozen=True, slots=True)
class WriteRole:
    """A role that is assumed for changes alone, while the console is armed."""

    role_arn: str
    mfa_serial: str = ""
    """The MFA device of the IAM user whose access key is in use; "": the role asks for no code."""

    @property
    def name(self) -> str:
        return self.role_arn.rsplit("/", 1)[-1]

    @property
    def account(self) -> str:
        return self.role_arn.split(":")[4]


@dataclass(frozen=True, slots=True)
class MonitoringAccount:
    """An account with which this system's account shares its metrics and logs. Source: "CloudWatch
    cross-account observability" (Amazon CloudWatch User Guide)."""

    source_account: str  # The system's own account
    profile: str = ""  # A named profile of the monitoring account; "": the system's
    role_arn: str = ""  # A role in the monitoring account to assume for reading

    @property
    def account(self) -> str:
        return self.role_arn.split(":")[4] if self.role_arn.count(":") > 4 else self.profile


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """Settings from the command line or the configuration; "" defers to AWS_PROFILE, AWS_REGION, ~/.aws…
    Source: "Configuration and credential precedence", AWS CLI user guide."""

    profile: str = ""
    """A named profile; as with `aws --profile`, it takes precedence over keys in the environment."""
    region: str = ""
    role_arn: str = ""  # A role to assume with the resolved credentials
    external_id: str = ""
    mfa_serial: str = ""  # The MFA device required by `role_arn`
    session_name: str = ""  # The operator's name, recorded by CloudTrail as the role session name
    endpoint_url: str = ""  # A custom endpoint for every service (same as AWS_ENDPOINT_URL)
    write_role: WriteRole | None = None
    """The role that changes are sent with; None: the credentials that read."""
    monitoring: MonitoringAccount | None = None
    """Where metrics and logs are read; None: in the system's own account."""

    def logs_account(self, own: str) -> str:
        """The account whose limit of FilterLogEvents requests counts; `own` is the system's."""
        return self.monitoring.account if self.monitoring else own


def partition_of(region: str) -> str:
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
