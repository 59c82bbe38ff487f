from collections import Counter

from services.i18n import _, plural
from services.models import glyphs
from services.models.aws_codes import TARGET_REASONS, TARGET_STATES, word_of
from services.models.first_wave import Source, TargetHealth
from widgets.drawing.lines import Span
from widgets.incidents.entries import IncidentEntry
from widgets.incidents.evidence.context import EvidenceContext, fact, is_read, note, read_notes

_MOST = 12


def target_entries(context: EvidenceContext, width: int) -> list[IncidentEntry]:
    entries = read_notes(context, Source.TARGETS, width=width)
    if not is_read(context, Source.TARGETS):
        return entries
    targets = context.evidence.targets
    counts = Counter(target.state for target in targets)
    healthy, registered = counts["healthy"], sum(counts.values()) - counts["unused"] - counts["draining"]
    is_bad = healthy < registered or not registered
    summary: list[Span] = [
        (_("{healthy} of {count} healthy", healthy=healthy, count=registered), "bad" if is_bad else "good")
    ]
    entries.append(fact("targets", _("Targets"), summary))
    if not registered:
        words = _("No target is registered: the load balancer answers every request with 503.")
        entries.append(note("targets:none", f"{glyphs.ABNORMAL} {words}", width, "bad"))
    elif not healthy:
        words = _("No target is healthy: the load balancer sends requests to all of them all the same.")
        entries.append(note("targets:open", f"{glyphs.ATTENTION} {words}", width, "warn"))
    by_state = sorted(targets, key=lambda target: (target.state == "healthy", target.zone, target.id))
    entries += [_target(target, width) for target in by_state[:_MOST]]
    if len(targets) > _MOST:
        more = plural("{count} more target", "{count} more targets", len(targets) - _MOST)
        entries.append(note("targets:more", more.format(count=len(targets) - _MOST), width))
    return entries


def _target(target: TargetHealth, width: int) -> IncidentEntry:
    is_healthy = target.state == "healthy"
    glyph, role = (glyphs.NORMAL, "good") if is_healthy else (glyphs.ABNORMAL, "bad")
    if target.state in ("initial", "draining", "unused"):
        glyph, role = glyphs.UNDERWAY, "caution"
    port = f":{target.port}" if target.port is not None else ""
    first: list[Span] = [
        (f"{glyph} ", role),
        (f"{target.name}{port}", "muted" if is_healthy else "strong"),
        (f"  {target.zone}" if target.zone else "", "muted"),
        ("  ", ""),
    ]
    text = word_of(TARGET_STATES, target.state)
    if target.reason:
        text = _("{state}: {why}", state=text, why=word_of(TARGET_REASONS, target.reason))
    return note(f"target:{target.id}:{target.port}", text, width, "muted" if is_healthy else role, first)
