"""What an incident that began with a sign-in asks CloudTrail; free of charge."""

from services.aws.regions import REGION as GLOBAL_REGION
from services.i18n import N_, _
from services.inspections.questions import SIGN_INS_FROM, Asked, Question, Reply, sign_ins_from
from services.models.cloudtrail import TrailEvent
from services.models.first_wave import Sure

PEOPLE = 3


def _listed(asked: Asked, events: list[TrailEvent]) -> str:
    rows = (f"{asked.time(each.at)} {each.name} {each.actor.name}" for each in events[-PEOPLE:])
    return _("{count}: {rows}").format(count=len(events), rows=_("; ").join(rows))


async def writes(asked: Asked) -> Reply:
    """What the unknown people have changed."""
    people = [name for name in asked.about if not name[:1].isdigit() and "/" not in name][:PEOPLE]
    if not people:
        return Reply(_("not known: the finding names no person"), "", Sure.UNSEEN)
    changed: list[TrailEvent] = []
    reply = Reply("")
    for name in people:
        events, reply = await asked.trail("Username", name, (GLOBAL_REGION, asked.context.region))
        changed += [event for event in events if not event.read_only and event.name != "ConsoleLogin"]
    return Reply(_listed(asked, changed) if changed else _("nothing"), reply.read, reply.sure)


async def identities(asked: Asked) -> Reply:
    """Users, keys, roles and policies that anybody has changed."""
    events, reply = await asked.trail("EventSource", "iam.amazonaws.com", (GLOBAL_REGION,))
    changed = [event for event in events if not event.read_only]
    return Reply(_listed(asked, changed) if changed else _("nothing"), reply.read, reply.sure)


async def from_there(asked: Asked) -> Reply:
    addresses = [name.partition("/")[0] for name in asked.about if name[:1].isdigit()]
    if not addresses:
        return Reply(_("not known: the finding names no address"), "", Sure.UNSEEN)
    return await sign_ins_from(asked, addresses)


QUESTIONS = (
    Question(N_("What did these people change?"), writes),
    Question(N_("Were users, keys or roles changed?"), identities),
    Question(SIGN_INS_FROM, from_there),
)
