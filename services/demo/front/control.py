"""The control path `/_toban/…`: faults, the clock, counts; for tests and benchmarks, never for the console.

GET    /_toban/ready                    {"scenario", "now"}
GET    /_toban/truth                    {"causes": ["bad-deployment"], "red_herrings": [], "seed": 1}: what a drawn world hides
GET    /_toban/counts                   {"cloudwatch.DescribeAlarms": 3, …}
POST   /_toban/faults  FaultRule        put a fault in force
DELETE /_toban/faults                   remove all
POST   /_toban/quotas  {"logs.FilterLogEvents": 5}   requests a second that pass; 0: any number
POST   /_toban/clock   {"advance": s}   move a manual clock
POST   /_toban/reset                    begin anew
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

import orjson
from pydantic import ValidationError

from services.clock import ManualClock
from services.demo.errors import Answer
from services.demo.faults import FaultRule, FaultStore
from services.demo.front import wire
from services.demo.world import World

CONTROL = "/_toban/"


class Controlled(Protocol):
    """The front, as far as it can be controlled."""

    faults: FaultStore
    counts: Counter[str]

    @property
    def world(self) -> World: ...

    def reset(self) -> None: ...


def control(front: Controlled, environ: dict[str, Any]) -> Answer:
    """Carry out one control request; an error is answered with 400 and its reason."""
    route = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].removeprefix(CONTROL)}"
    action = _ROUTES.get(route)
    if action is None:
        return _reply(404, {"error": f"no {route}"})
    try:
        return _reply(200, action(front, wire.body_of(environ)))
    except (ValidationError, orjson.JSONDecodeError, ValueError, KeyError) as error:
        return _reply(400, {"error": str(error)})


def _reply(status: int, content: Any) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, orjson.dumps(content))


def _ready(front: Controlled, _body: bytes) -> Any:
    run = front.world.run
    return {"scenario": run.scenario.name, "now": run.now.isoformat()}


def _truth(front: Controlled, _body: bytes) -> Any:
    scenario = front.world.run.scenario
    return {"causes": scenario.causes, "red_herrings": scenario.red_herrings, "seed": scenario.seed}


def _counts(front: Controlled, _body: bytes) -> Any:
    return dict(front.counts)


def _add_fault(front: Controlled, body: bytes) -> Any:
    front.faults.add(FaultRule.model_validate_json(body))
    return {}


def _clear_faults(front: Controlled, _body: bytes) -> Any:
    front.faults.clear()
    return {}


def _limit(front: Controlled, body: bytes) -> Any:
    front.faults.limit({str(name): float(rate) for name, rate in orjson.loads(body).items()})
    return {}


def _advance(front: Controlled, body: bytes) -> Any:
    seconds = float(orjson.loads(body)["advance"])
    clock = front.world.clock
    if not isinstance(clock, ManualClock):
        raise ValueError("the clock runs by itself")
    with front.world.lock:
        clock.advance(seconds)
        front.world.tick()
    return {"now": clock.now().isoformat()}


def _reset(front: Controlled, _body: bytes) -> Any:
    front.reset()
    return {}


_ROUTES: dict[str, Callable[[Controlled, bytes], Any]] = {
    "GET ready": _ready,
    "GET truth": _truth,
    "GET counts": _counts,
    "POST faults": _add_fault,
    "DELETE faults": _clear_faults,
    "POST quotas": _limit,
    "POST clock": _advance,
    "POST reset": _reset,
}
