"""A plugin of pytest, and of its workers: under which test each line runs, also in the processes that the test starts."""

import base64
import json
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage

from tests.tools.mutants import children

RESULTS = "MUTANTS_RESULTS"  # The variable that names the folder for each process's list of tests
_CONFIG = "COVERAGE_PROCESS_CONFIG"


class Recorder:
    """Gives each test a context of its own."""

    def __init__(self, coverage: Coverage, results: Path) -> None:
        self._coverage = coverage
        self._results = results / f"{os.getpid()}.jsonl"
        self._config: dict[str, Any] = json.loads(base64.b64decode(os.environ[_CONFIG]))
        self._failed = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        # Without the group that xdist appends.
        name = item.nodeid.rpartition("@")[0] if "xdist_group" in item.keywords else item.nodeid
        self._coverage.switch_context(name)
        config = json.dumps(self._config | {"context": name})
        children.given[_CONFIG] = base64.b64encode(config.encode()).decode()
        self._failed = False
        began = time.monotonic()
        try:
            return (yield)
        finally:
            seconds = round(time.monotonic() - began, 3)
            self._coverage.switch_context("")
            children.given.clear()
            with self._results.open("a", encoding="utf-8") as file:
                file.write(json.dumps([name, seconds, self._failed]) + "\n")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed |= report.failed


def pytest_configure(config: pytest.Config) -> None:
    coverage = Coverage.current()
    if coverage is not None and (
        hasattr(config, "workerinput") or not config.getoption("numprocesses", None)
    ):
        children.hand_on()
        config.pluginmanager.register(Recorder(coverage, Path(os.environ[RESULTS])))
