"""What an incident that began with blocked requests asks. No price but one metric's: the samples and logs are free."""

from datetime import UTC, datetime, timedelta

from services.aws.client.prices import USD_PER_METRIC, yen_per_dollar
from services.aws.cloudwatch.metrics.reader import Metrics
from services.aws.logs.events import Logs
from services.aws.waf import WafReader
from services.i18n import N_, _
from services.inspections.questions import SIGN_INS_FROM, Asked, Question, Reply, sign_ins_from
from services.inspections.waf_blocks.metrics import DAILY, KEPT, MOST_RULES, counts_query, grouped
from services.models.first_wave import Measure, Sure
from services.models.logs import LogLine
from services.models.metrics import TimeSpan, last_whole
from services.models.waf import BlockedGroup, Samples
from services.outages.judging import FEWEST_BLOCKED, rising

ADDRESSES = 3
LINES = 100


async def _groups(asked: Asked) -> tuple[BlockedGroup, ...]:
    """The blocked requests of the last three hours by address, rule and path, from AWS WAF's samples; read once."""
    memory = asked.context.memory
    if "waf" not in memory:
        spec, now = asked.context.runbook.waf, asked.context.clock.now()
        assert spec is not None, "an inspection of the firewall needs one"
        firewall = WafReader(asked.context.reader, scope=spec.scope)
        acl = await firewall.named(str(spec.web_acl))
        span, read = TimeSpan(start=now - KEPT, end=now), list[Samples]()
        for rule in acl.rules[:MOST_RULES] if acl is not None else ():
            if acl is not None and rule.blocks and rule.sampled:
                read.append(await firewall.samples(acl, rule, span))
        memory["waf"] = grouped(read)
    groups: tuple[BlockedGroup, ...] = memory["waf"]
    return groups


def _of(groups: tuple[BlockedGroup, ...], kind: str) -> list[BlockedGroup]:
    return [group for group in groups if group.kind == kind and group.name]


async def _addresses(asked: Asked) -> list[str]:
    return list(dict.fromkeys(str(group.name) for group in _of(await _groups(asked), "address")))[:ADDRESSES]


async def through(asked: Asked) -> Reply:
    """Lines of the application's logs that name the addresses; that none does proves nothing."""
    addresses, now = await _addresses(asked), asked.context.clock.now()
    if not addresses:
        return Reply(_("no address is known"), _("samples of the last 3 hours"), Sure.UNSEEN)
    groups = [spec.id for spec in asked.context.runbook.log_groups if spec.kind == "application"][:2]
    pattern = " ".join(f'?"{address}"' for address in addresses)
    ends = (int((now - KEPT).timestamp() * 1000), int(now.timestamp() * 1000))
    lines: list[LogLine] = []
    for group in groups:
        lines += (await Logs(asked.context.reader).sample(group, pattern, *ends, limit=LINES))[0]
    read = _("{groups}, the last 3 hours, by {addresses}").format(
        groups=", ".join(map(str, groups)) or "—", addresses=", ".join(addresses)
    )
    if lines:
        at = asked.time(datetime.fromtimestamp(lines[-1].at / 1000, UTC))
        return Reply(_("yes: {count} lines, the newest at {time}").format(count=len(lines), time=at), read)
    why = _("not known: no line names them, and these logs need not name who sends a request")
    return Reply(why, read, Sure.UNSEEN)


async def signed_in(asked: Asked) -> Reply:
    return await sign_ins_from(asked, await _addresses(asked))


async def rules(asked: Asked) -> Reply:
    """How much each rule blocks, and from which addresses."""
    groups = await _groups(asked)
    parts = [
        f"{group.name} {group.count:,}" for kind in ("rule", "address") for group in _of(groups, kind)[:3]
    ]
    read = _("samples of the last 3 hours, estimated by their weights")
    return Reply(_("; ").join(parts) or _("nothing in the samples"), read, Sure.PARTLY)


async def since(asked: Asked) -> Reply:
    """When the number blocked began to grow; its curve is the incident's chart."""
    context, spec = asked.context, asked.context.runbook.waf
    assert spec is not None, "an inspection of the firewall needs one"
    now = context.clock.now()
    span = TimeSpan(start=last_whole(now, 60) - timedelta(seconds=DAILY), end=last_whole(now, 60))
    firewall = WafReader(context.reader, scope=spec.scope)
    query = counts_query(spec.web_acl, "Blocked", context.region if firewall.region is None else "", 60)
    (series,) = await Metrics(context.reader).fetch([query], span, region=firewall.region)
    yen = USD_PER_METRIC * yen_per_dollar(context.runbook.costs)
    read = _("BlockedRequests of 24 hours by minute (¥{yen})").format(yen=f"{yen:.4f}")
    curve = (series.model_copy(update={"id": Measure.WAF_BLOCKED.value}),)
    published = dict(zip(series.times, series.values, strict=True))
    first = int(span.start.timestamp())
    points = [(at, published.get(at, 0.0)) for at in range(first, max(published, default=first) + 1, 60)]
    least = max(FEWEST_BLOCKED, spec.blocked_per_hour / 60)
    start = rising(points, least)
    if start is None:
        return Reply(_("it does not grow now"), read, Sure.CERTAIN, curve)
    at = datetime.fromtimestamp(points[start][0], UTC)
    text = _("since {time}: {now} a minute, {before} before").format(
        time=asked.time(at), now=f"{_mean(points[start:]):,.0f}", before=f"{_mean(points[:start]):,.1f}"
    )
    return Reply(text, read, Sure.CERTAIN, curve, at)


def _mean(points: list[tuple[int, float]]) -> float:
    return sum(value for _at, value in points) / max(1, len(points))


QUESTIONS = (
    Question(N_("Since when does it grow?"), since),
    Question(N_("Which rule blocks how much, from where?"), rules),
    Question(N_("Did other requests of these addresses get through?"), through),
    Question(SIGN_INS_FROM, signed_in),
)
