"""Starts the embedded AWS as a process of its own, for tests and tools."""

import asyncio
from datetime import datetime

from services.demo.launch import DemoProcess, ready, spawn, stop_child


async def start(
    scenario: str = "ordinary-day",
    speed: float = 1.0,
    *,
    origin: datetime | None = None,
    ahead: float = 0.0,
    language: str = "ja",
) -> DemoProcess:
    """`spawn` and `ready` in one; ends the child if the wait is cancelled."""
    child = spawn(scenario, speed, origin=origin, ahead=ahead, language=language)
    try:
        return await ready(child)
    except asyncio.CancelledError:
        stop_child(child)
        raise
