"""What an incident that began with a missing backup asks RDS; free of charge."""

from services.aws.rds.reader import RdsReader
from services.i18n import N_, _
from services.inspections.questions import DAY, Asked, Question, Reply
from services.models.first_wave import Sure


def _name(asked: Asked) -> str:
    assert asked.context.runbook.rds is not None, "an inspection of backups needs a database"
    return str(asked.context.runbook.rds.instance)


async def restorable(asked: Asked) -> Reply:
    at = (await RdsReader(asked.context.reader).database(_name(asked))).latest_restorable
    if at is None:
        return Reply(_("RDS reports no point in time"), "DescribeDBInstances", Sure.UNSEEN)
    return Reply(_("to any point until {time}").format(time=asked.time(at)), "DescribeDBInstances")


async def newest(asked: Asked) -> Reply:
    snapshots = await RdsReader(asked.context.reader).snapshots(_name(asked))
    dated = [each for each in snapshots if each.at is not None]
    if not dated or dated[0].at is None:
        return Reply(_("none"), "DescribeDBSnapshots")
    text = f"{asked.time(dated[0].at)} {dated[0].id} ({dated[0].status})"
    return Reply(text, "DescribeDBSnapshots")


async def reported(asked: Asked) -> Reply:
    events = await RdsReader(asked.context.reader).events(_name(asked), over=2 * DAY)
    rows = [f"{asked.time(each.at)} {each.message}" for each in events]
    return Reply(_("; ").join(rows[-3:]) or _("nothing"), "DescribeEvents (48 h)")


QUESTIONS = (
    Question(N_("To which moment can the database be restored?"), restorable),
    Question(N_("Which is the newest automatic snapshot?"), newest),
    Question(N_("What does RDS report?"), reported),
)
