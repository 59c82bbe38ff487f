import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore import useragent
from botocore.hooks import EVENT_ALIASES, EventAliaser
from botocore.loaders import Loader
from hypothesis import settings
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from services import i18n
from services.aws.client.sdk.models import ModelFiles
from services.aws.client.traffic import SIGNING_TIME
from services.runbook import checked_copies, loader
from tests.slices import Slice

if TYPE_CHECKING:
    from services.clock import ManualClock
    from services.demo.front.app import Server
    from services.demo.scenario import Scenario
    from services.demo.world import World

Capsys = pytest.CaptureFixture[str]
MonkeyPatch = pytest.MonkeyPatch

ORIGIN = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)  # A Wednesday, 10:00 JST
HISTORY = 1800.0  # Seconds that the world of a test has lived, unless its mark says otherwise
REGION = "ap-northeast-1"
_CLEARED = ("AWS_", "TOBAN_", "TEXTUAL", "XDG_", "MOTO_")
_SNAPSHOTS = "TEXTUAL_SNAPSHOT_TEMPDIR"  # Where the snapshot plugin keeps what it compares
_MOST_MINUTES = 2000  # Minutes whose log is kept, some twenty megabytes
STORE = checked_copies.store  # For the tests of the copies: all others keep none
_ALSO = (
    "REQUESTS_CA_BUNDLE",
    "NO_COLOR",
    "COLORTERM",
    "FORCE_COLOR",
    "LC_ALL",
    "LC_MESSAGES",
    "LC_CTYPE",
    "TMUX",
    "STY",
)


# The same examples at every run, so that a red suite is about the change at hand; `make explore` tries more.
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=30)
settings.register_profile("explore", max_examples=500, deadline=None, print_blob=True)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--slice", metavar="DAY", help="a part of the tests that are chosen, another one each day"
    )


def pytest_configure(config: pytest.Config) -> None:
    if text := config.getoption("slice"):
        config.pluginmanager.register(Slice(text))
    _hand_on_no_ignored_signals()
    _read_shipped_runbooks_once()
    _keep_no_checked_copies()
    # Collecting tests makes hardly any garbage, and a test makes much of it at once.
    gc.set_threshold(100_000, 20, 20)
    config.addinivalue_line(
        "markers",
        "scenario(name, history=seconds, origin=datetime, language=id, minutes=count): what happens in the fixture `embedded`",
    )


def _hand_on_no_ignored_signals() -> None:
    """A suite in the background, or under nohup, ignores signals; what it starts must not inherit that."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            # A handler, unlike being ignored, ends with exec.
            signal.signal(number, lambda _number, _frame: None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of screens one by one, others file by file: a tenth of the messages, and preparations are reused."""
    tests = Path(__file__).parent
    of_screens = {tests / "tui", *(tests / "tui" / name for name in ("fleet", "runtime"))}
    items.sort(key=lambda item: tests / "tui" not in item.path.parents)
    for item in items:
        is_of_screen = item.path.parent in of_screens or tests / "tui" / "screens" in item.path.parents
        if not is_of_screen and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(str(item.path)))


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Collect once; pytest does it five times as it ends, and what is left now cannot be freed."""
    gc.collect()
    gc.freeze()


def _keep_no_checked_copies() -> None:
    """Each test has a home of its own, where no copy of a runbook would be read again."""
    checked_copies.store = lambda content, runbook: None


def _read_shipped_runbooks_once() -> None:
    """Once a process and language: tests load them as they are collected, and hundreds of consoles after that."""
    for name in ("inspect", "_load_once"):
        setattr(loader, name, _once_for_shipped(getattr(loader, name)))


def _once_for_shipped(read: Callable[[Path], Any]) -> Callable[[Path], Any]:
    shipped = cache(lambda path, _language: read(path))

    def read_once(path: Path) -> Any:
        # The tests of the copies see each one being written and read.
        if path.parent != Path(loader.__file__).parent or checked_copies.store is STORE:
            return read(path)
        return shipped(path, i18n.language())

    return read_once


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, homes: Iterator[Path]) -> None:
    # A session that a test used outside of a task would sign what the next test's boto3 sends.
    SIGNING_TIME.set(None)
    for name in list(os.environ):
        if (name.startswith(_CLEARED) and name != _SNAPSHOTS) or name in _ALSO:
            monkeypatch.delenv(name)
    if _SNAPSHOTS in os.environ:
        # A start of the console forgets Textual's variables; this one comes back after the test.
        monkeypatch.setenv(_SNAPSHOTS, os.environ[_SNAPSHOTS])
    home = next(homes)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "aws-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATESTTESTTESTTEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """New homes: most tests need no more, and `tmp_path` looks through all earlier folders for a name."""
    folder = tmp_path_factory.mktemp("homes")

    def new() -> Iterator[Path]:
        for number in count():
            home = folder / str(number)
            home.mkdir()
            yield home

    return new()


@pytest.fixture(autouse=True)
def no_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded AWS bears any number of questions about its trail; AWS two a second."""
    monkeypatch.setattr("services.inspections.sign_ins.sign_ins_inspection.SignIns.pace", 0.0)
    monkeypatch.setattr("services.changes.trail.PACE", 0.0)


@pytest.fixture(autouse=True)
def no_limit_of_log_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that stands still would make the sixth request of logs wait for ever."""
    monkeypatch.setattr("services.logs.follow.limiter.REQUESTS", 1_000_000)


@pytest.fixture(autouse=True)
def no_limit_of_alarm_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.aws.client.pace.WINDOW", 0.0)


@pytest.fixture(autouse=True)
def patient_first_waves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may need more than four seconds for a source."""
    from services.incidents.first_wave.reading import read_first_wave

    defaults = read_first_wave.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "seconds", 30.0)
    for limit in ("SECONDS", "LEARNING"):
        monkeypatch.setattr(f"services.incidents.first_wave.reading.{limit}", 30.0)


@pytest.fixture(autouse=True, scope="session")
def models_read_once() -> Iterator[None]:
    """Hundreds of sessions in one process need not decode the same API models again, and keep them for ever."""
    with pytest.MonkeyPatch.context() as patch:
        read = cache(partial(ModelFiles.load_file, ModelFiles()))
        patch.setattr(ModelFiles, "load_file", lambda _self, path: read(path))
        names: dict[tuple[str, ...], list[str]] = {}
        look = Loader.list_available_services

        def services(self: Loader, kind: str) -> list[str]:
            """The embedded AWS looks through the folders of four hundred services for each one that it speaks."""
            key = (*self.search_paths, kind)
            if key not in names:
                names[key] = look(self, kind)
            return names[key]

        patch.setattr(Loader, "list_available_services", services)
        yield


@pytest.fixture(autouse=True, scope="session")
def names_of_the_sdk_computed_once() -> Iterator[None]:
    """Each client begins anew to look for the other name of each event, and for odd characters in its user agent."""
    event_names: dict[str, str] = {}
    begin = EventAliaser.__init__

    def begin_with_names(self: EventAliaser, *emitter: Any, **options: Any) -> None:
        begin(self, *emitter, **options)
        if self._event_aliases == EVENT_ALIASES:
            self._alias_name_cache = event_names

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EventAliaser, "__init__", begin_with_names)
        sanitize = useragent.sanitize_user_agent_string_component
        patch.setattr(useragent, "sanitize_user_agent_string_component", cache(sanitize))
        yield


@pytest.fixture(autouse=True, scope="session")
def authorities_read_once() -> Iterator[None]:
    """Each client of each console would read the certificates that it trusts, to speak plain HTTP to the embedded AWS."""
    from aiobotocore.httpsession import AIOHTTPSession

    build = AIOHTTPSession._build_ssl_contexts
    usual: list[Any] = []

    def contexts(self: AIOHTTPSession, proxy_url: str | None) -> Any:
        if self._verify is not True or self._cert_file or proxy_url:
            return build(self, proxy_url)
        if not usual:
            usual.append(build(self, proxy_url))
        return usual[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AIOHTTPSession, "_build_ssl_contexts", contexts)
        yield


@pytest.fixture(autouse=True, scope="session")
def styles_parsed_once() -> Iterator[None]:
    parsed: dict[tuple[object, ...], list[RuleSet]] = {}
    parse = Stylesheet._parse_rules

    def parse_rules(self: Stylesheet, css: str, *options: Any, **named: Any) -> list[RuleSet]:
        key = (css, options, *named.items(), *self._variables.items())
        if key not in parsed:
            parsed[key] = parse(self, css, *options, **named)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_rules)
        yield


@pytest.fixture(autouse=True, scope="session")
def log_lines_written_once() -> Iterator[None]:
    """Hundreds of worlds live through the same morning; a minute's log depends on the minute alone."""
    from services.demo.system import logs, simulation
    from services.demo.system.logs import WrittenLine
    from services.demo.system.minute import Minute

    write = logs.app_lines
    written: dict[str, tuple[WrittenLine, ...]] = {}

    def app_lines(minute: Minute, streams: Sequence[str], faulty: Sequence[str] = ()) -> list[WrittenLine]:
        # The generator of the minute itself writes no line.
        members = [
            (each.name, getattr(minute, each.name)) for each in fields(minute) if each.name != "random"
        ]
        key = repr((members, streams, faulty))
        if key not in written:
            if len(written) >= _MOST_MINUTES:
                written.clear()
            written[key] = tuple(write(minute, streams, faulty))
        return list(written[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "app_lines", app_lines)
        yield


@pytest.fixture(autouse=True, scope="session")
def modules_collected_once() -> None:
    """What was imported stays: scanning it at each collection takes a fifth of the suite's time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("en")


@dataclass
class Embedded:
    """An embedded AWS in this process, on a real port, whose clock stands until it is advanced."""

    server: "Server"
    clock: "ManualClock"  # Shared with whatever is tested: its sleepers wake as the world moves

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def world(self) -> "World":
        return self.server.front.world

    def advance(self, seconds: float) -> None:
        """Let the world live `seconds` more. Call it on the loop whose tasks sleep on `clock`."""
        with self.world.lock:
            self.clock.advance(seconds)
            self.world.tick()

    def fault(self, service: str = "", operation: str = "", **rule: Any) -> None:
        from services.demo.faults import FaultRule

        self.server.front.faults.add(FaultRule(service=service, operation=operation, **rule))

    @contextmanager
    def held(self, service: str, operation: str = "", **rule: Any) -> Iterator[None]:
        """Answer no such request before the end of the block, however slow the machine is."""
        front = self.server.front
        closed, front.closed = front.closed, threading.Event()
        self.fault(service, operation, delay=600.0, **rule)
        try:
            yield
        finally:
            self.clear_faults()
            front.closed.set()
            front.closed = closed

    def clear_faults(self) -> None:
        self.server.front.faults.clear()

    def counts(self) -> dict[str, int]:
        return dict(self.server.front.counts)

    def settings(self, region: str = REGION) -> dict[str, str]:
        return {"region": region, "endpoint_url": self.url}


def _run(
    scenario: "str | Scenario", history: float, origin: datetime, language: str = "ja"
) -> Iterator[Embedded]:
    from services.clock import ManualClock, SystemClock
    from services.demo import handlers
    from services.demo.front import moto_app
    from services.demo.front.app import Front, Server
    from services.demo.scenario import load
    from services.demo.world import World

    assert handlers
    moto_app.reset()
    clock = ManualClock(origin)
    story = load(scenario) if isinstance(scenario, str) else scenario
    server = Server(Front(lambda: World(story, clock, history=timedelta(seconds=history), language=language)))
    # A test that changes the machine's clock changes AWS's, unless it gives AWS one of its own.
    server.front.wall = lambda: SystemClock().now()
    if history >= 86_400:
        # Long to make: before a request waits for it with a time limit.
        assert server.front.world
    server.start()
    try:
        yield Embedded(server, clock)
    finally:
        server.stop()
    assert not server.failures, "\n".join(server.failures)


@pytest.fixture
def embedded(request: pytest.FixtureRequest) -> Iterator[Embedded]:
    """The runbook's system, on an ordinary day or as `@pytest.mark.scenario("alb-5xx")` says, by name or made here."""
    marker = request.node.get_closest_marker("scenario")
    name = marker.args[0] if marker and marker.args else "ordinary-day"
    options = marker.kwargs if marker else {}
    yield from _run(
        name, options.get("history", HISTORY), options.get("origin", ORIGIN), options.get("language", "ja")
    )


@pytest.fixture
def embedded_now(request: pytest.FixtureRequest) -> Iterator[Embedded]:
    """At this machine's own time, as commands have; `minutes` in the mark: the scenario began so long ago."""
    marker = request.node.get_closest_marker("scenario")
    name = marker.args[0] if marker and marker.args else "ordinary-day"
    options = marker.kwargs if marker else {}
    minutes = options.get("minutes", 0)
    origin = datetime.now(UTC) - timedelta(minutes=minutes)
    for running in _run(name, options.get("history", HISTORY), origin):
        for _minute in range(minutes):
            running.advance(60)
        yield running


@pytest.fixture
def empty_aws() -> Iterator[Embedded]:
    yield from _run("empty", 0.0, ORIGIN)


def assert_in(text: str, *parts: str) -> None:
    for part in parts:
        assert part in text
