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
    """Ends the child if the wait is cancelled."""
    child = spawn(scenario, speed, origin=origin, ahead=ahead, language=language)
    try:
        return await ready(child)
    except asyncio.CancelledError:
        stop_child(child)
        raise
