from dataclasses import dataclass

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive

from services.i18n import _
from services.models.logs import Severity
from widgets.drawing.format import crop, crop_middle
from widgets.logs.drawing.styles import SOURCE_COLOURS
from widgets.logs.pane.bar import PaneRow, Part
from widgets.logs.store.sources import colour_of

GAP = "  "  # Between two parts; a group's name is in front of it, the runbook's name for it behind it
SHORTEST, SHORTEST_SOURCE = 12, 4  # Cells of a name below which it is not shortened further, or is left out


@dataclass(frozen=True, slots=True)
class TitleFacts:
    group: str = ""
    sources: tuple[tuple[str, str], ...] = ()  # Letter and name of each source, where the pane shows several
    pattern: str = ""
    live: str = ""  # Live Tail's state, minutes and price
    threshold: Severity = Severity.PLAIN
    filters: tuple[str, ...] = ()  # The local filters in words
    flags: tuple[str, ...] = ()  # The line format in words: wrapped, raw…
    zone: str = ""
    span: str = ""  # From the oldest line in memory to the newest, in words


class LogTitle(PaneRow):
    DEFAULT_CSS = """
    LogTitle { height: 1; background: $panel; color: $text; padding: 0 1; }
    """

    facts: reactive[TitleFacts] = reactive(TitleFacts())

    def render(self) -> RenderResult:
        return self._content()

    def _content(self) -> Content:
        """`/ecs/staff-api  ▽ "ERROR"  ≥ W  raw  09:00–09:12 JST`."""
        facts = self.facts
        parts: list[Part] = []
        if facts.live:
            parts.append((1, Content.styled(f" {facts.live} ", "bold $text-warning on $warning-muted")))
        if facts.pattern:
            pattern = crop(facts.pattern, max(SHORTEST, self.size.width // 5))
            text = _("filter {pattern}", pattern=pattern)
            parts.append((1, Content.styled(f" {text} ", "$foreground on $accent-muted")))
        if facts.threshold is not Severity.PLAIN:
            words = {
                Severity.DEBUG: _("DEBUG and above"),
                Severity.INFO: _("INFO and above"),
                Severity.WARNING: _("WARNING and above"),
                Severity.ERROR: _("ERROR and above"),
                Severity.FATAL: _("FATAL only"),
            }
            parts.append(
                (2, Content.styled(f" {words[facts.threshold]} ", "$text-warning on $warning-muted"))
            )
        parts += [(1, Content.styled(f" {text} ", "$foreground on $accent-muted")) for text in facts.filters]
        beside = sum(part.cell_length + len(GAP) for _rank, part in parts)
        room = self.size.width - beside - len(GAP) - cell_len(facts.zone)
        parts = self._names(room) + parts
        parts += [(5, Content.styled(flag, "$text-accent")) for flag in facts.flags]
        if facts.span:
            parts.append((4, Content.styled(facts.span, "$text-muted")))
        parts.append((3, Content.styled(facts.zone, "$text-muted")))
        return self.fitted(parts, GAP)

    def _names(self, room: int) -> list[Part]:
        facts = self.facts
        group, _gap, alias = (facts.group or _("no log group")).partition(GAP)
        widest = max((cell_len(name) for _letter, name in facts.sources), default=0)
        for most in range(widest, -1, -1):
            sources = [(0, _source(letter, name, most)) for letter, name in facts.sources]
            left = room - sum(part.cell_length + len(GAP) for _rank, part in sources)
            if left >= cell_len(group):
                break
        names: list[Part] = [(0, Content.styled(crop_middle(group, max(SHORTEST, left)), "bold"))]
        if alias:
            names.append((3, Content.styled(alias, "bold")))
        return names + sources


def _source(letter: str, name: str, most: int) -> Content:
    colour = SOURCE_COLOURS[colour_of(letter)]
    text = f" {crop_middle(name, most)}" if most >= SHORTEST_SOURCE else ""
    return Content.assemble((letter, f"bold {colour}"), text)
