"""Source: error texts of libpq, JDBC, psycopg, node, ioredis, Jedis, boto3 and the AWS SDKs; error codes of PostgreSQL."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from ipaddress import ip_address

from services.i18n import N_, _
from services.incidents.facts import Facts, detail_of, message_of
from services.incidents.signals.base import Judged, SignalSpec, absent, present, unseen
from services.models.evidence import EvidencePlace
from services.models.first_wave import LogEntry, LogSample, Source
from services.models.text import clean

LEAST = 5  # Errors that must name a dependency
SHARE = 0.3  # Share of the errors since T0 that must name it
QUOTED = 160  # Characters of a line that are quoted
TIMES = 3.0  # How much more often than before it must be named: old noise is none of this incident


class Kind(Enum):
    DATABASE = "database"
    OUTSIDE = "outside"  # A host on the Internet
    OTHER = "other"  # A cache, a queue, a key, a permission, a password, a host by its address


@dataclass(frozen=True, slots=True)
class Dependency:
    kind: Kind
    name: str  # English where it is words of ours, translated when shown


TROUBLE = re.compile(
    r"Name or service not known|name resolution|UnknownHost|no such host|time[d]?[ -]?out|ETIMEDOUT|ECONN\w+|EHOSTUNREACH|"
    r"ENETUNREACH|EPIPE|ENOTFOUND|EAI_AGAIN|getaddrinfo|unreachable|unavailable|refused|reset by peer|broken pipe|"
    r"socket hang up|max retries|retries per request|(?:could not|cannot|can't|failed to|unable to|error) (?:connect|resolve|reach|send|fetch)\w*|"
    r"connect\w* (?:failed|error|closed|lost|aborted|exception)|connection\w*(?:error|exception)|"
    r"terminated unexpectedly|connection (?:lost|failed)|link failure|gone away|closed the connection|ConnectionFailed|"
    r"(?:connection|it) was closed|unexpectedly closed|CONNECTION_CLOSED|lost connection|could not be acquired|deadline.exceeded|"
    r"(?:couldn't|failed to) (?:connect|load|resolve)|error occurred using the connection|zero addresses|No server available|"
    r"(?:error|status|code)\W{1,3}[45]\d\d\b|HTTPStatusError|acquisition timeout|"
    r"Unexpected token '?<|Expecting value: line 1|misbehaving|execution expired|read-only (?:option|transaction)|dial tcp|\bsealed\b|"
    r"no route to host|certificate|CertPath|PKIX|handshake|I/O error|\bSSL|\bTLS|\b(?:50[0-4]|429|403|401)\b|bad gateway|too many requests|"
    r"タイムアウト|接続でき|応答しません",
    re.IGNORECASE,
)
UNRESOLVED = re.compile(
    r"Name or service not known|name resolution|UnknownHost|no such host|ENOTFOUND|EAI_AGAIN|could not translate host",
    re.IGNORECASE,
)
LOCKS = re.compile(
    r"still waiting for \w*Lock|deadlock (?:detected|found)|lock ?wait ?timeout|lock timeout|LockNotAvailable|NOWAIT is set|"
    r"could not obtain lock|\b(?:40P01|55P03)\b|DeadlockLoser|LockAcquisitionException|CannotAcquireLock",
    re.IGNORECASE,
)
PASSWORD = re.compile(
    r"password authentication failed|\b28P01\b|\b28000\b|no pg_hba\.conf entry|Access denied for user|"
    r"authentication failed for user",
    re.IGNORECASE,
)
_GRANTS = re.compile(
    r"permission denied for (?:table|relation|schema|sequence|database|function|view)|\b42501\b|must be owner of|command denied to user",
    re.IGNORECASE,
)
_DATABASE = re.compile(
    r"\b(?:5432|3306)\b|postgres|psql|psycopg|\bpg\b|pg_|jdbc|hikari|\bdatabase\b|データベース|rds\.amazonaws|SQLSTATE|mysql|mariadb|read-only transaction|PG::|"
    r"db\.utils|peewee|sqlalchemy|asyncpg|r2dbc|agroal|datasource|c3p0|mchange|dbcp|sequel::|EntityFramework|npgsql|diesel|"
    r"r2d2|postgrex|\bDBConnection\b|\bsqlx\b|\bgorm\b|\bpgx\b|MySqlConnector|"
    r"QueuePool limit|too many clients|remaining connection slots|terminating connection due to admin|"
    r"SequelizeConnection|TypeORM|PrismaClientInit|ActiveRecord::Connection|\bknex\b",
    re.IGNORECASE,
)
_BUSY = re.compile(
    r"too many (?:clients|connections)|remaining connection slots|QueuePool limit|pool (?:exhausted|timed? ?out)|"
    r"connection pool|pool error|PoolTimeout|PoolTimedOut|Connection is not available, request timed|checkout a Connection|acquisition time|table .{0,60} is full|obtain \w* ?Connection|"
    r"exceeded when trying to connect|canceling statement|"
    r"terminating connection|the database system is",
    re.IGNORECASE,
)
_SQL = re.compile(
    r"(?:column|relation|table|function|constraint|schema) .{0,80}(?:does not exist|doesn't exist)|syntax error at|"
    r"unknown column|no such (?:table|column)|violates .{0,30}constraint|invalid input syntax|value too long|\b42[PS0-9]\w{2}\b",
    re.IGNORECASE,
)
"""What the database refuses because a statement is wrong: a defect of the program."""
_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("Redis", r"redis|jedis|lettuce|\bREADONLY You can't|CLUSTERDOWN|\bNOAUTH\b|WRONGPASS|MISCONF|MaxRetriesPerRequest|:6379\b"),
        ("Memcached", r"memcache|dalli|RingError|:11211\b"),
        ("Kafka", r"kafka|seed broker|NOT_LEADER|BrokerNotAvailable|:909[2468]\b"),
        ("AMQP", r"amqp|rabbitmq|\bpika\b|:567[12]\b"),
        ("MongoDB", r"mongo|:27017\b"),
        ("OpenSearch", r"elasticsearch|opensearch|cluster_block_exception|circuit_breaking_exception|es_rejected_execution"),
        ("LDAP", r"\bldaps?\b"),
        ("SMTP", r"\bsmtp"),
        ("NFS", r"\bnfs\b|\befs\b|stale file handle"),
        ("Vault", r"hashicorp|\bvault\b"),
        ("DynamoDB", r"dynamodb"),
        ("SQS", r"\bsqs\b|QueueDoesNotExist|NonExistentQueue"),
        ("SNS", r"\bsns\b"),
        ("S3", r"\bs3\b|NoSuchBucket"),
        ("Cognito", r"cognito"),
        ("AppConfig", r"\bappconfig|localhost:2772"),
        ("Proxy", r"ProxyError|(?:connect to|from|via) proxy|\bproxy https?:|tunneling socket"),
        ("NATS", r"^nats:|nats\.(?:errors|connect)"),
        ("License", r"licen[cs]e\w{0,12}(?:Exception|Error)|licen[cs]e (?:file |key )?(?:has )?(?:expired|is invalid)"),
        ("gRPC", r"StatusCode\.UNAVAILABLE|StatusRuntimeException: (?:UNAVAILABLE|DEADLINE)|rpc error: code ="),
    )
)  # fmt: skip
_HARMLESS = re.compile(
    r"^(?!.*(?:::Error|Exception|\bfailed\b)).{0,60}?\b(?:INFO|DEBUG|TRACE)\b|\"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \S+ HTTP/\d|"
    r"Undefined (?:array key|variable|index)|while SSL handshaking|ELB-HealthChecker|client (?:aborted|closed|disconnected)|canceled by client|response\.Write|ClientAbort|aborted by the client|BadHttpRequest"
)
"""Lines of an ordinary request, whatever words are in it."""
_STORAGE = re.compile(r"ENOSPC|No space left on device|disk quota exceeded", re.IGNORECASE)
_FILES = re.compile(r"EMFILE|too many open files", re.IGNORECASE)
_KEY = re.compile(
    r"KMS\w*(?:Exception|Error)|\bkms:\w+|KMSInvalidState|DisabledException|(arn:aws:kms:[\w:/-]+)|pending deletion",
    re.IGNORECASE,
)
_KEY_ARN = re.compile(r"arn:aws:kms:[\w:/-]+")
_ACTION = re.compile(
    r"not authorized to perform:? `?([a-z0-9-]+:\w+)|authoriz\w+ .{0,40}?\b([a-z0-9-]+:[A-Z]\w+)"
)
_BOTO = re.compile(r"An error occurred \((\w+)\) when calling the (\w+) operation", re.IGNORECASE)
_GO_SDK = re.compile(r"operation error (\w+): (\w+)")
_OPERATION = re.compile(
    r"\b(?:Get|Put|List|Describe|Send|Receive|Publish|Invoke|Query|Scan|Assume|Decrypt|Generate)[A-Z]\w+"
)
_SERVICES = (
    ("DynamoDB", "GetItem PutItem UpdateItem DeleteItem BatchGetItem BatchWriteItem TransactWriteItems"),
    ("SQS", "SendMessage ReceiveMessage DeleteMessage SendMessageBatch GetQueueUrl"),
    ("S3", "GetObject PutObject HeadObject ListObjectsV2 DeleteObject"),
    ("Lambda", "ConcurrentInvocationLimitExceeded"),
    ("Secrets Manager", "GetSecretValue"),
    ("SSM", "GetParameter GetParameters GetParametersByPath"),
    ("KMS", "Decrypt GenerateDataKey"),
    ("SES", "SendEmail SendRawEmail"),
)
_SERVICE_OF = {operation: service for service, operations in _SERVICES for operation in operations.split()}
_TRANSLATED = (N_("AWS credentials (STS)"), N_("the clock"))
"""Names that are words of ours: nothing is added to them."""
_JAVA_SDK = re.compile(r"\(Service: (\w+)[;,]")
_CREDENTIALS = re.compile(
    r"ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SecurityTokenException|Unable to (?:locate|load) credentials|"
    r"CredentialsProviderError|NoCredential|CredentialsNotLoaded|Could not load credentials|InvalidIdentityToken|169\.254\.170\.2",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"RequestTimeTooSkewed|Signature (?:not yet current|expired)|clock skew|ImmatureSignature|token is not yet valid|used before issued",
    re.IGNORECASE,
)
_DENIED = re.compile(r"AccessDenied\w*|UnauthorizedOperation", re.IGNORECASE)
_THROTTLED = re.compile(
    r"ThrottlingException|Rate exceeded|TooManyRequestsException|ThroughputExceeded|RequestLimitExceeded|SlowDown",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"secrets?[ -]?manager|GetSecretValue|arn:aws:secretsmanager:[\w:/-]+|ParameterNotFound", re.IGNORECASE
)
_FILE = (
    r"(?:py|js|mjs|cjs|ts|tsx|java|kt|go|rb|php|rs|cs|c|cpp|h|sql|ya?ml|json|html?|jar|so|log|txt|xml|exe|sh)"
)
_HOST = re.compile(
    rf"[a-z][a-z0-9+.]*:///?(?:[^\s/@\"']*@)?(?P<url>[\w.-]+(?::\d+)?)|"
    rf"(?P<ip>\b\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d+)?)|"
    rf"(?<![\w/.$@-])(?P<port>(?!(?:[\w-]+\.)*{_FILE}:\d)(?:[a-z0-9][\w-]*\.)*[a-z][\w-]*:\d{{2,5}})(?!\w)|"
    rf"(?:UnknownHostException:|ENOTFOUND|EAI_AGAIN|no such host:?|dial tcp: lookup) (?P<label>[\w.-]*\w)|"
    rf"(?<![\w/.$@-])(?P<name>(?!(?:java|javax|jdk|sun|org|com|net|io|jp|jakarta|de|okhttp3|kotlin)\.)"
    rf"(?!(?:[\w-]+\.)+{_FILE}\b|\w+\.(?:id|is|in|to|do|me|my|no|it)\b)(?:[a-z0-9][a-z0-9-]*\.)+"
    rf"(?:com|net|org|io|dev|app|cloud|internal|intern|local|example|test|gov|info|biz|[a-z]{{2}}))\b(?!\.\w|[\w(])",
    re.IGNORECASE,
)
_ERROR = re.compile(r"Exception|Error\b|Exceeded|Crash|READONLY|CLUSTERDOWN|NOAUTH|WRONGPASS|MISCONF")
_PRIVATE = re.compile(
    r"\.corp\.|\.(?:internal|intern|local|test|lan|svc|consul)(?::\d+)?$|^[^.]+$|^[^.]+:\d+$", re.IGNORECASE
)
_HERE = re.compile(
    r"^(?:localhost$|127\.[\d.]+$|0\.0\.0\.0|169\.254\.|docs?\.|curl\.|developer\.mozilla)|rds\.amazonaws|^github\.com",
    re.IGNORECASE,
)
"""This host, the database, and pages that error messages point to."""


@lru_cache(4096)
def dependency_of(message: str, detail: str = "") -> Dependency | None:
    """What a message blames; None for one that names no dependency, such as a defect in the code. `detail` is
    the rest of its line, in which the host may stand."""
    if _HARMLESS.search(message):
        return None
    if name := _aws_name(message):
        return Dependency(Kind.OTHER, name if name in _TRANSLATED else _with_service(name, message, detail))
    if PASSWORD.search(message):
        return Dependency(Kind.OTHER, N_("the database's password"))
    if _GRANTS.search(message):
        return Dependency(Kind.OTHER, N_("the database's permissions"))
    if LOCKS.search(message):
        return Dependency(Kind.DATABASE, "")
    if _STORAGE.search(message):
        is_database = "could not extend" in message or _DATABASE.search(message)
        return (
            Dependency(Kind.DATABASE, "")
            if is_database
            else Dependency(Kind.OTHER, N_("the task's own storage"))
        )
    if _FILES.search(message):
        return Dependency(Kind.OTHER, N_("the task's open files"))
    if _SQL.search(message):
        return None
    is_trouble = bool(TROUBLE.search(message))
    whole = f"{message} {detail}" if is_trouble else message
    word = next((name for name, pattern in _WORDS if pattern.search(whole)), "")
    hosts = (_hosts(message) or _hosts(detail)) if is_trouble or word else []
    hosts = [host for host in hosts if not host.endswith((":5432", ":3306"))]
    # A name says more than the addresses that it was resolved to.
    host = next(
        (host for host in hosts if host[-1:].isalpha() or _kind_of_host(host) is Kind.OUTSIDE),
        "".join(hosts[:1]),
    )
    if not word and (_BUSY.search(message) or (is_trouble and _DATABASE.search(message))):
        return Dependency(Kind.DATABASE, "")
    if host:
        kind = Kind.OTHER if word == "Proxy" else _kind_of_host(host)
        return Dependency(kind, f"{word} {host}".strip())
    return Dependency(Kind.OTHER, word) if word and (is_trouble or _ERROR.search(message)) else None


def _hosts(text: str) -> list[str]:
    matches = sorted(_HOST.finditer(text), key=lambda match: match["url"] is None)
    hosts = (str(next(filter(None, match.group("url", "ip", "port", "label", "name")))) for match in matches)
    return [host for host in hosts if not _HERE.search(host)]


def _kind_of_host(host: str) -> Kind:
    bare = host.rpartition(":")[0] or host
    try:
        ip_address(bare)
        return Kind.OTHER
    except ValueError:
        is_near = _PRIVATE.search(host) or "amazonaws.com" in host
        return Kind.OTHER if is_near else Kind.OUTSIDE


def _with_service(name: str, message: str, detail: str) -> str:
    operation = _OPERATION.search(detail)
    if operation and operation[0] not in name:
        name = f"{name} {operation[0]}"
    words = re.findall(r"\w+", f"{name} {message}")
    service = next((_SERVICE_OF[word] for word in words if word in _SERVICE_OF), "")
    # A permission names its service itself.
    is_named = ":" in name or service.casefold() in name.casefold()
    return name if is_named else f"{service} {name}"


def _aws_name(message: str) -> str:
    """The key, permission, credentials or operation of AWS that an error is about; "" if it is about none."""
    if action := _ACTION.search(message):
        return str(action[1] or action[2])
    if _KEY.search(message):
        arn = _KEY_ARN.search(message)
        return f"KMS {arn[0] if arn else ''}".strip()
    if _CREDENTIALS.search(message):
        return _TRANSLATED[0]
    if _CLOCK.search(message):
        return _TRANSLATED[1]
    if call := _BOTO.search(message):
        return f"{call[2]} ({call[1]})"
    if go := _GO_SDK.search(message):
        return f"{go[1]} {go[2]}"
    if service := _JAVA_SDK.search(message):
        return service[1]
    if _SECRET.search(message) and (
        _DENIED.search(message) or TROUBLE.search(message) or "Exception" in message
    ):
        return "Secrets Manager"
    for pattern in (_DENIED, _THROTTLED):
        if match := pattern.search(message):
            return match[0]
    return ""


@dataclass(frozen=True, slots=True)
class Blamed:
    dependency: Dependency
    count: int
    first: LogEntry
    sample: LogSample


def named_dependencies(facts: Facts, *kinds: Kind) -> list[Blamed]:
    """What many errors since T0 name, and fewer before, of these kinds (none given: OUTSIDE and OTHER); most first."""
    blamed: list[Blamed] = []
    for sample in (facts.evidence.application_errors, facts.evidence.database_lines):
        if sample is not None:
            blamed += _blamed(facts, sample)
    kinds = kinds or (Kind.OUTSIDE, Kind.OTHER)
    return sorted((one for one in blamed if one.dependency.kind in kinds), key=lambda one: -one.count)


def _blamed(facts: Facts, sample: LogSample) -> Iterator[Blamed]:
    edge = facts.start - timedelta(minutes=1)
    since: Counter[Dependency] = Counter()
    before: Counter[Dependency] = Counter()
    first: dict[Dependency, LogEntry] = {}
    total = 0
    dependencies = {
        line.text: dependency_of(message_of(line.text), detail_of(line.text)) for line in sample.lines
    }
    # Of the errors of one dependency some name its host, and others only its kind.
    hosts = {one.name.partition(" ")[0]: one for one in dependencies.values() if one and " " in one.name}
    for line in sample.lines:
        dependency = dependencies[line.text]
        dependency = hosts.get(dependency.name, dependency) if dependency else None
        total += line.at >= edge
        if dependency is None:
            continue
        if line.at < edge:
            before[dependency] += 1
        else:
            since[dependency] += 1
            first.setdefault(dependency, line)
    for dependency, count in since.items():
        is_new = _rate(count, edge, facts.evidence.ended) >= TIMES * _rate(
            before[dependency], sample.span.start, edge
        )
        if count >= LEAST and count >= SHARE * total and is_new:
            yield Blamed(dependency, count, first[dependency], sample)


def _rate(count: int, start: datetime, end: datetime) -> float:
    return count / max(1.0, (end - start) / timedelta(minutes=1))


def _quote(message: str, name: str) -> str:
    sign = PASSWORD.search(message) or TROUBLE.search(message)
    is_place = "." in name or ":" in name
    place = message.find(name) if is_place and name in message else sign.start() if sign else 0
    start = max(0, place - 30) if place > QUOTED // 2 else 0
    return clean(("…" if start else "") + message[start:], QUOTED)


def _owner(host: str) -> str:
    labels = host.rpartition(" ")[2].partition(":")[0].split(".")
    return ".".join(labels[-3:] if len(labels[-2]) <= 2 and len(labels) > 2 else labels[-2:])


def _unnamed(facts: Facts) -> Judged:
    if why := facts.gap(Source.APPLICATION_LOG):
        return unseen(why)
    if facts.application_messages:
        return unseen(_("the errors may name one in words that are not known here"), is_out_of_reach=True)
    return absent()


def _names(kind: Kind) -> Callable[[Facts], Judged]:
    def judge(facts: Facts) -> Judged:
        blamed = named_dependencies(facts, kind)
        if not blamed:
            return _unnamed(facts)
        worst = blamed[0]
        quote = _quote(message_of(worst.first.text), worst.dependency.name.rpartition(" ")[2])
        name = _(worst.dependency.name)
        text = _("{count} × {name}: {quote}", count=worst.count, name=name, quote=quote)
        place = EvidencePlace(kind="log", target=worst.sample.group, at=worst.first.at)
        return present(text, at=worst.first.at, place=place, subject=name)

    return judge


def _several(facts: Facts) -> Judged:
    """Whether hosts of several owners fail at once: then rather the way to them is closed."""
    blamed = {_owner(one.dependency.name): one for one in reversed(named_dependencies(facts, Kind.OUTSIDE))}
    if len(blamed) < 2:
        return _unnamed(facts)
    return present(_(", ").join(blamed), at=min(one.first.at for one in blamed.values()))


SIGNALS = (
    SignalSpec("other-host", N_("Many errors name a host outside the system"), Source.APPLICATION_LOG, _names(Kind.OUTSIDE), direct_for=("third-party",), group="dependency", look="tail"),
    SignalSpec("several-hosts", N_("Many errors name hosts of several owners outside the system"), Source.APPLICATION_LOG, _several, look="tail"),
    SignalSpec("names-dependency", N_("Many errors name a dependency that is not known here"), Source.APPLICATION_LOG, _names(Kind.OTHER), direct_for=("unknown-dependency",), group="dependency", look="tail"),
)  # fmt: skip
