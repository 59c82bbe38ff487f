"""A wrapper for secrets, so that printing, logging or pickling an object cannot reveal them."""

from typing import NoReturn

from services.host import known_secrets


class Secret:
    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text
        known_secrets.remember([text])

    def reveal(self) -> str:
        return self.__text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")
