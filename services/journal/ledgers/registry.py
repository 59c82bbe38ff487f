"""The engines by the scheme of their address, and what an address may say. Each engine is imported when it is opened."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import cast
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from services.aws.client.meter import UsageMeter
from services.aws.client.secret import Secret
from services.clock import Clock
from services.i18n import _
from services.journal.ledger import Ledger

_AWS = ("region", "profile", "role_arn", "endpoint_url")
_TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "host", "port")
SHORTEST_POLL, LONGEST_POLL = 0.1, 300.0  # Seconds between two looks for new records


@dataclass(frozen=True, slots=True)
class Engine:
    """What is known of an engine before it is imported."""

    opener: str  # `module:function`, which is called with the arguments of `open_ledger`
    example: str
    options: tuple[str, ...]  # Names after the `?` of an address, beside `poll`
    poll: float  # Seconds between two looks for new records if the address does not say
    signs_in: bool = False  # The address may name a user and a password


_HERE = "services.journal.ledgers"
ENGINES: dict[str, Engine] = {
    "postgresql": Engine(f"{_HERE}.postgresql:opened", "postgresql://toban@db.example/toban", _TLS, 2.0, signs_in=True),
    "dynamodb": Engine(f"{_HERE}.dynamodb:opened", "dynamodb://toban-journal?region=ap-northeast-1", _AWS, 5.0),
    "s3": Engine(f"{_HERE}.s3:opened", "s3://toban-journal/prefix?region=ap-northeast-1", _AWS, 5.0),
}  # fmt: skip


class BadAddress(ValueError):
    """An address that names no ledger; the message is in the screen's language and says what is allowed."""


@dataclass(frozen=True, slots=True)
class LedgerAddress:
    scheme: str  # One of ENGINES
    place: str  # `HOST:PORT/DATABASE`, a table, or `BUCKET/PREFIX`
    options: tuple[tuple[str, str], ...] = ()  # Name and value, sorted by name, without `poll`
    poll: float = 0.0  # Seconds between two looks for new records
    user: str = ""
    password: Secret | None = field(default=None, compare=False)

    def option(self, name: str) -> str:
        """The value of an option; "" if the address does not have it."""
        return dict(self.options).get(name, "")

    def __str__(self) -> str:
        return address_text(self)


def is_address(text: str) -> bool:
    return "://" in text


def parse(text: str) -> LedgerAddress:
    """The address of a ledger. Raises BadAddress."""
    scheme, _colon, rest = text.strip().partition("://")
    engine = ENGINES.get(scheme)
    if engine is None:
        raise BadAddress(
            _("“{scheme}” is not an engine for journals; the engines are: {engines}.").format(
                scheme=scheme, engines=", ".join(ENGINES)
            )
        )
    try:
        parts = urlsplit(f"//{rest}")
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise _malformed(engine) from error
    sign_in, _at, host = parts.netloc.rpartition("@")
    # A password whose / or ? is not encoded would be taken for a part of the place, which is shown.
    is_torn = engine.signs_in and "@" in parts.path + parts.query
    if parts.fragment or is_torn or (sign_in and not engine.signs_in):
        raise _malformed(engine)
    options = _options(scheme, engine, pairs)
    poll = _poll(options.pop("poll", ""), engine)
    user, _colon, password = sign_in.partition(":")
    return LedgerAddress(
        scheme=scheme,
        place=_place(scheme, engine, host, unquote(parts.path), options),
        options=tuple(sorted(options.items())),
        poll=poll,
        user=unquote(user),
        password=Secret(unquote(password)) if password else None,
    )


def address_text(address: LedgerAddress) -> str:
    user = f"{quote(address.user, safe='')}@" if address.user else ""
    options = dict(address.options)
    if address.poll != ENGINES[address.scheme].poll:
        options["poll"] = f"{address.poll:g}"
    query = f"?{urlencode(options, quote_via=quote, safe='/:')}" if options else ""
    return f"{address.scheme}://{user}{quote(address.place, safe='/:[],')}{query}"


def open_ledger(
    address: LedgerAddress, ledger_name: str, clock: Clock, meter: UsageMeter | None = None
) -> Ledger:
    """The ledger of this name at this address; nothing is connected or read yet, and problems are raised by
    its methods. `meter` counts the requests of the engines in AWS; None: nobody asks for them."""
    module, _colon, name = ENGINES[address.scheme].opener.partition(":")
    opened = cast(Callable[..., Ledger], getattr(import_module(module), name))
    return opened(address, ledger_name, clock, meter)


def _options(scheme: str, engine: Engine, pairs: list[tuple[str, str]]) -> dict[str, str]:
    allowed = (*engine.options, "poll")
    options = dict(pairs)
    for name in options:
        if name not in allowed:
            raise BadAddress(
                _("“{name}” is not an option of {scheme}:// addresses; the options are: {options}.").format(
                    name=name, scheme=scheme, options=", ".join(allowed)
                )
            )
    for name, value in options.items():
        if not value or len(options) < len(pairs):
            raise BadAddress(_("The option “{name}” needs one value.", name=name))
    return options


def _poll(text: str, engine: Engine) -> float:
    if not text:
        return engine.poll
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not SHORTEST_POLL <= seconds <= LONGEST_POLL:
        raise BadAddress(
            _("The option “poll” is a number of seconds from {least} to {most}, not “{text}”.").format(
                least=f"{SHORTEST_POLL:g}", most=f"{LONGEST_POLL:g}", text=text
            )
        )
    return seconds


def _place(scheme: str, engine: Engine, host: str, path: str, options: dict[str, str]) -> str:
    path = path.strip("/")
    complete = {
        # A host may be left out for a socket, which the option names.
        "postgresql": bool(path) and "/" not in path and bool(host or options.get("host")),
        "dynamodb": bool(host) and not path,
        "s3": bool(host),
    }
    if not complete[scheme]:
        raise _malformed(engine)
    return f"{host}/{path}" if path else host


def _malformed(engine: Engine) -> BadAddress:
    return BadAddress(
        _("This is not a journal's address; write it like this: {example}", example=engine.example)
    )
