from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from services.background.detached import in_thread
from services.clock import Clock
from services.github.settings import GithubSettings

if TYPE_CHECKING:
    from services.github.client import GithubClient


class GithubConnection:
    def __init__(self, settings: GithubSettings, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock
        self._client: GithubClient | None = None

    async def client(self) -> "GithubClient":
        """The client; its library is loaded in a thread, as it is large."""
        if self._client is None:
            module = await in_thread(partial(import_module, "services.github.client"))
            self._client = self._client or module.GithubClient(self.settings, self._clock)
        return self._client
