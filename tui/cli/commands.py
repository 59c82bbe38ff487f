"""The commands of a group by name; each is built when it is asked for."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from pkgutil import resolve_name
from typing import Any

import click


class Commands(MutableMapping[str, click.Command]):
    """What Click holds of a group's commands: names, and each command once it is run or listed."""

    def __init__(self, builders: Mapping[str, Callable[[], click.Command]]) -> None:
        self._builders = builders
        self._built: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._built:
            self._built[name] = self._builders[name]()
        return self._built[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._builders = {**self._builders, name: lambda: command}
        self._built.pop(name, None)

    def __delitem__(self, name: str) -> None:
        self._builders = {each: builder for each, builder in self._builders.items() if each != name}
        self._built.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._builders)

    def __len__(self) -> int:
        return len(self._builders)


def imported(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = resolve_name(name)
    return function
