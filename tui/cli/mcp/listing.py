"""The tools as a table, for the documentation."""

from collections.abc import Iterator

from services.i18n import _
from tui.cli.mcp.registry import TOOLS


def tool_rows() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Name, text and arguments of each tool; an argument that may be left out ends with `?`."""
    for tool in TOOLS:
        fields = tool.arguments.model_fields.items()
        yield (
            tool.name,
            _(tool.text),
            tuple(name if field.is_required() else f"{name}?" for name, field in fields),
        )
