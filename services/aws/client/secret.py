"""The one way secrets are carried: nothing that prints, logs or pickles an object can show them."""

from typing import NoReturn

from services.host import known_secrets


class Secret:
    """A text that shows as `***`; only `reveal` gives it back."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text
        known_secrets.remember([text])

    def reveal(self) -> str:
        """The text itself, for the one call that needs it."""
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
