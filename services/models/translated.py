"""Texts of a data file in the language of the screen. A table may carry `en`, a table with English versions
of its own texts. A text is chosen when it is read, so whoever holds a model shows the right language also
after the operator has switched it."""

from typing import Any, ClassVar

from services import i18n
from services.models.base import Model


class Texts(Model):
    """English versions of a table's texts; an empty one, or an empty line of a list, falls back to the table's own."""


class _Text:
    """A field that is read in the screen's language."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Model | None, owner: type[Model]) -> Any:
        # Pydantic looks for defaults of fields on the class.
        if instance is None:
            raise AttributeError(self.name)
        own = instance.__dict__[self.name]
        if i18n.language() != "en":
            return own
        return _chosen(own, getattr(instance.__dict__["en"], self.name, ""))

    def __set__(self, instance: Model, value: object) -> None:
        raise AttributeError(f"{self.name} cannot be changed")


class Translated(Model):
    """A table with texts in two languages: the fields that its field `en` has are read in the screen's language."""

    references: ClassVar[tuple[str, ...]] = ()
    """Fields that name an entry of another table by its text; whoever loads the file adds their English to `en`."""

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        super().__pydantic_init_subclass__(**options)
        english = cls.model_fields["en"].annotation
        assert isinstance(english, type)
        assert issubclass(english, Texts)
        for name in (*english.model_fields, *cls.references):
            setattr(cls, name, _Text(name))

    def original(self, name: str) -> Any:
        return self.__dict__[name]

    @property
    def english(self) -> Texts:
        texts: Texts = self.__dict__["en"]
        return texts

    def versions(self, name: str) -> tuple[Any, ...]:
        """A field in each language that the file has, its own first: for what was recorded in either."""
        own, english = self.__dict__[name], getattr(self.english, name, "")
        return tuple(dict.fromkeys((own, _chosen(own, english))))


def _chosen(own: Any, english: Any) -> Any:
    if not english or not own:
        return own
    if isinstance(own, tuple):
        return tuple(
            english[line] if line < len(english) and english[line] else text for line, text in enumerate(own)
        )
    return english
