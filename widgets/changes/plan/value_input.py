"""A field for numbers, times and names of AWS."""

from textual.widgets import Input

BY_HAND = "dollar_sign"
"""The key of the `aws` commands."""


class ValueInput(Input):
    """A field whose values never contain `$`, so that this key keeps its meaning inside it."""

    free_text = False
    """Whether it takes any text, and `$` as well."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the key is typed into the field."""
        return (self.free_text or key != BY_HAND) and super().check_consume_key(key, character)
