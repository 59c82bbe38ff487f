import json
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services import i18n
from services.changes.registry import CHANGES
from services.models.text import UNSAFE
from services.runbook.loader import load_builtin, load_named
from tests.conftest import Embedded
from tests.services.report.incident_ledger import DAY, responded
from tests.services.report.ledger import Ledger
from tests.tui.cli.mcp.client import CALLS, written
from tests.tui.cli.mcp.raw import Server, spawned
from tui.cli.mcp.registry import TOOLS
from tui.cli.mcp.server import checked, described
from tui.cli.mcp.stdio import LONGEST
from tui.cli.opened_journal import CommandStopped

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)
STRANGE = ["", " ", "\x1b[2J\x07", "\u202e\u200b", "\x00", "../../etc/passwd", "-1", "'; DROP TABLE entries;--",
           "--whatever-it-costs", "${jndi:x}", "[@click=app.quit]", "名前" * 50, "a" * 100_000]  # fmt: skip
WRONG: dict[str, list[dict[str, Any]]] = {
    "list_alarms": [{"x": 1}],
    "run_inspections": [
        {"names": "alarms"}, {"names": ["alarms", 3]}, {"names": ["a"] * 51}, {"since": "yesterday"},
        {"since": "2026-01-05 17:00\n"}, {"at": 3}, {"whatever": True}, {"private": True},
    ],
    "read_report": [{"when": "2026-1"}, {"when": "FY25"}, {"private": True}],
    "list_duties": [
        {"month": "2026-13"}, {"days": 0}, {"days": 401}, {"days": True}, {"days": "3"}, {"days": 1.0}, {"ics": "/tmp/x"},
    ],
    "list_incidents": [{"every": "yes"}, {"every": 1}],
    "show_incident": [{}, {"id": ""}, {"id": 1}, {"id": "x" * 301}, {"id": "1", "private": True}],
    "incident_report": [{}, {"id": None}, {"id": "1", "to": "/tmp/x"}],
    "assess_alarm": [{}, {"alarm": ["x"]}, {"alarm": "x" * 256}],
    "plan_change": [
        {}, {"kind": "x" * 41},
        *({"kind": "task-limit", "values": values}
          for values in ([1], {"max": 10}, {"Max!": "10"}, {f"a{number}": "" for number in range(21)})),
        {"kind": "task-limit", "plan": False},
    ],
}  # fmt: skip


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_arguments_are_strict_and_mistakes_are_words(tool):
    checked(tool, CALLS[tool.name])
    for arguments in WRONG[tool.name]:
        with pytest.raises(CommandStopped) as raised:
            checked(tool, arguments)
        assert raised.value.lines
        assert all(len(line) < 600 and UNSAFE.search(line) is None for line in raised.value.lines)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_schemas_are_closed_and_every_argument_is_described(tool):
    for book in (load_builtin("facility-prod"), None):
        listed = described(tool, book)
        assert listed.output_schema is not None
        for document in (listed.input_schema, listed.output_schema):
            jsonschema.Draft202012Validator.check_schema(document)
            assert document["type"] == "object"
            assert json.dumps(document).count("#/$defs/") == 0 or "$defs" in document
        assert listed.input_schema["additionalProperties"] is False
        assert all(entry.get("description") for entry in listed.input_schema["properties"].values())


def test_the_ids_of_the_runbook_stand_in_the_schemas():
    book = load_named(str(Path("tests/tui/data/library.toml").absolute()))
    i18n.use("ja")
    listed = {tool.name: described(tool, book) for tool in TOOLS}
    i18n.use("en")
    names = listed["run_inspections"].input_schema["properties"]["names"]["items"]["enum"]
    assert {"alarms", "lost-loans"} <= set(names)
    assert "backups" not in names, "this system has no database"
    assert "never-created" in listed["assess_alarm"].input_schema["properties"]["alarm"]["examples"]
    kinds = [kind.id for kind in CHANGES]
    assert listed["plan_change"].input_schema["properties"]["kind"]["enum"] == kinds
    assert all(f"- {kind}: " in str(listed["plan_change"].description) for kind in kinds)
    assert all("データであり" in str(tool.description) for tool in listed.values())


def alive(server: Server) -> bool:
    return server.ask("ping")["result"] == {}


JUNK = [
    b"",
    b"   ",
    b"junk",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"jsonrpc": "2.0"}',
    b'{"jsonrpc": "1.0", "id": 1, "method": "ping"}',
    b'{"jsonrpc": "2.0", "id": null, "method": "ping"}',
    b'{"jsonrpc": "2.0", "id": {}, "method": "ping"}',
    b'{"jsonrpc": "2.0", "id": 1e400, "method": "ping"}',
    b'{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "none"}}',
    b'{"jsonrpc": "2.0", "method": "notifications/cancelled"}',
    b'{"jsonrpc": "2.0", "method": "no/such"}',
    b'{"jsonrpc": "2.0", "id": 7, "result": {}}',
    b'{"jsonrpc": "2.0", "id": 7, "error": {"code": 1, "message": "x"}}',
    b'{"jsonrpc": "2.0", "id": "\\ud800", "method": "ping"}',
    b"x" * (LONGEST + 10),
]


@pytest.mark.slow
def test_lines_that_are_no_messages_are_skipped_with_a_word():
    with spawned() as server:
        for line in JUNK:
            server.send(line)
            assert alive(server), line[:80]
        for params in ([1], "x", 3):
            assert server.ask("tools/call", params)["error"]["code"] in (-32600, -32602), params
        status, _out, err = server.end()
    assert status == 0
    assert b"Traceback" not in err
    lines = err.decode().splitlines()
    assert "A line was skipped that is no message of the protocol." in lines
    assert f"A message of more than {LONGEST:,} bytes was skipped." in lines
    assert UNSAFE.search("".join(lines)) is None


@pytest.mark.slow
def test_unknown_tools_methods_and_strange_names_are_refused(embedded_now):
    with spawned("--endpoint-url", embedded_now.url) as server:
        error = server.call("list_alarm", {})["error"]
        assert error["code"] == -32602
        assert 'did you mean "list_alarms"' in error["message"]
        for name in (*STRANGE, 3, None, ["x"], {}):
            error = server.call(name, {})["error"]
            assert error["code"] == -32602
            assert UNSAFE.search(error["message"]) is None
            assert len(error["message"]) < 1000
        for method in ("tools/apply", "resources/list", "prompts/list", "", "x" * 10_000):
            assert "error" in server.ask(method)
        for text in STRANGE:
            for name, arguments in (
                ("run_inspections", {"names": [text]}),
                ("run_inspections", {"names": ["alarms"], "since": text}),
                ("read_report", {"when": text}),
                ("show_incident", {"id": text}),
                ("list_duties", {"month": "2026-04", "days": 3}),
                ("assess_alarm", {"alarm": text}),
                ("plan_change", {"kind": text}),
                ("plan_change", {"kind": "task-limit", "target": text}),
                ("plan_change", {"kind": "task-limit", "values": {"max": text}}),
            ):
                result = server.call(name, arguments)["result"]
                assert result["isError"] is True, (name, text[:20])
                (content,) = result["content"]
                assert UNSAFE.search(content["text"].replace("\n", "")) is None
                assert len(content["text"]) < 5000
        assert alive(server)
        status, _out, err = server.end()
    assert (status, err) == (0, b"")
    assert written(embedded_now) == set()


text = st.one_of(
    st.sampled_from(STRANGE),
    st.text(max_size=40),
    st.text(string.ascii_lowercase + "-_0123456789", max_size=20),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), text),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(text, inner, max_size=4)),
    max_leaves=8,
)
KEYS = sorted({key for tool in TOOLS for key in tool.model_fields})
REAL: dict[str, list[Any]] = {
    "names": [["alarms"], ["backups"], ["no-such"], []],
    "since": ["1h", "3d", "99999d", "2026-01-05 17:00", "0001-01-01", "2999-12-31"],
    "at": ["2026-01-05", "9999-12-31 23:59", "0001-01-01 00:00:00+14:00"],
    "when": ["2026-01-06", "0000-00", "9999-12", "FY0000", "FY9999", "2026-02-30"],
    "month": ["2026-04", "0001-01", "9999-12", "1900-12"],
    "days": [1, 400],
    "every": [True],
    "id": ["alb-5xx", "1", "#1", "0", "999999999999999999999999", "%", "_"],
    "alarm": ["ecs-cpu-high", "x"],
    "kind": ["task-limit", "alarm-mute", "key-rotation", "rds-class", "drill-delete"],
    "target": ["staff-api", "facility-prod-db", "x"],
    "values": [{"max": "10"}, {"max": "９"}, {"max": "-1"}, {"reason": "\x1b[2J"}, {"no_such": "1"}],
}


def given_to(keys: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of these arguments, sensible and not."""
    chosen = st.lists(st.sampled_from(keys), max_size=4, unique=True) if keys else st.just([])
    return chosen.flatmap(
        lambda names: st.fixed_dictionaries(
            {
                name: st.one_of(st.sampled_from(REAL[name]), st.sampled_from(REAL[name]), values)
                for name in names
            }
        )
    )


calls = st.one_of(
    st.sampled_from(TOOLS).flatmap(
        lambda tool: st.tuples(st.just(tool.name), given_to(list(tool.model_fields)))
    ),
    st.tuples(st.one_of(st.sampled_from(list(CALLS)), text), st.one_of(given_to(KEYS), values)),
)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    ledger = Ledger(tmp_path / "journal.db")
    ledger.began(f"{DAY} 00:00")
    responded(ledger)
    return ledger.path


@pytest.fixture
def server(embedded_now: Embedded, journal: Path) -> Iterator[Server]:
    with spawned("--endpoint-url", embedded_now.url, "--journal", str(journal)) as running:
        yield running


@pytest.mark.slow
def test_any_arguments_get_an_answer(server, embedded_now, journal):
    before, results = journal.read_bytes(), set[str]()

    @settings(
        max_examples=500,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    @given(calls)
    def ask(call: tuple[object, object]) -> None:
        name, given = call
        # Not all inspections at once: each of them takes seconds.
        if name == "run_inspections" and isinstance(given, dict) and not given.get("names"):
            given["names"] = ["alarms"]
        answer = server.call(name, given)
        assert ("result" in answer) != ("error" in answer)
        if not answer.get("result", {}).get("isError", True):
            results.add(str(name))
        shown = json.dumps(answer, ensure_ascii=False)
        assert "Traceback" not in shown
        assert "internal error" not in shown, answer

    ask()
    assert alive(server)
    status, _out, err = server.end()
    assert status == 0
    assert b"Traceback" not in err
    assert written(embedded_now) == set()
    assert journal.read_bytes() == before
    assert results == set(CALLS), "not only mistakes were tried"
