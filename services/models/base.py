"""Base types of all models: frozen, strict, and free of text that could control the terminal."""

from functools import cache
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import core_schema

from services.models.text import LINE_LIMIT, clean, clean_block


class Model(BaseModel):
    """A frozen value; a Feed compares values for equality to avoid needless redraws. Pydantic compiles its
    validator when it is first used: a command needs few of the hundreds of models that it imports."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    schema_name: ClassVar[str] = ""
    """Name in JSON Schemas, for a class that was renamed after programs could refer to it; "" is the class's own."""


def share_fields_set(model: BaseModel) -> None:
    """Let a model that exists by the ten thousand share the set of its fields' names: half of its memory."""
    object.__setattr__(model, "__pydantic_fields_set__", _fields_of(type(model)))


@cache
def _fields_of(kind: type[BaseModel]) -> set[str]:
    # A set, because a copy of a model adds to a copy of it.
    return set(kind.model_fields)


Clean = Annotated[str, BeforeValidator(clean)]  # One line of external text, sanitized for display

_UNDECIDED = frozenset({"", "未定", "要確認", "tbd", "tba", "undecided", "?", "？"})


def _decided(text: str) -> str:
    return "" if text.strip("（）()[] -—").casefold() in _UNDECIDED else text


Decided = Annotated[Clean, AfterValidator(_decided)]
"""Clean text in which a word for "undecided" counts as empty."""

CleanBlock = Annotated[str, BeforeValidator(clean_block)]
"""External text of several lines, sanitized for display; line feeds are kept."""

CleanLine = Annotated[str, BeforeValidator(lambda value: clean(value, LINE_LIMIT))]
"""One log line, sanitized for display; longer than `Clean` may be."""


class RawId(str):
    """A name exactly as AWS spells it: for requests and as a key, never for the screen. `repr` shows the
    cleaned text, so a RawId in a log or a traceback is harmless too."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"RawId({clean(str(self))!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> object:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())


# Service quotas.
#
# Source: GetServiceQuota (Service Quotas API reference).


class Quota(Model):
    value: float
    is_default: bool = False
    """AWS's default, because the account has no value of its own."""


SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")]
"""Name of a secret of GitHub Actions: capital letters, digits and underscores."""


class Github(Model):
    """The two secrets of GitHub Actions that hold an IAM user's access key, and the workflow that uses them."""

    user: RawId
    """The IAM user, one of `access_keys.users`."""
    repository: str
    """`owner/name`; the workflow's repository."""
    environment: str = ""
    """The repository's environment that has the secrets; empty: none."""
    organisation: str = ""
    """The organisation that has the secrets; empty: the repository or its environment has them."""
    key_id_secret: SecretName = "AWS_ACCESS_KEY_ID"
    """Name of the secret that holds the access key's id."""
    key_secret: SecretName = "AWS_SECRET_ACCESS_KEY"
    """Name of the secret that holds the secret access key."""
    workflow: str = ""
    """File name of the workflow that deploys with the key, e.g. `deploy.yml`; empty: any workflow counts."""


# Security groups of a VPC and what they let in and out.
#
# Source: DescribeSecurityGroups (Amazon EC2 API reference).


class GroupRule(Model):
    protocol: str
    """`tcp`, `udp`, `icmp`, a protocol's number, or `-1` for all."""
    first_port: int | None = None
    """None: all ports."""
    last_port: int | None = None
    groups: tuple[RawId, ...] = ()
    """Ids of the security groups whose members may send, or be sent to."""
    networks: tuple[Clean, ...] = ()
    """Address ranges (CIDR, IPv4 and IPv6) that may send, or be sent to."""
    prefix_lists: tuple[RawId, ...] = ()
    """Ids of prefix lists, likewise; their addresses are not read."""

    def covers(self, port: int) -> bool:
        if self.protocol == "-1":
            return True
        if self.protocol not in ("tcp", "6"):
            return False
        return self.first_port is None or self.first_port <= port <= (self.last_port or self.first_port)


class SecurityGroup(Model):
    id: RawId
    name: Clean
    ingress: tuple[GroupRule, ...] = ()
    egress: tuple[GroupRule, ...] = ()
