from datetime import timedelta

import pytest
from botocore.loaders import Loader

from services import i18n
from services.incidents.timeline import just_before, timeline
from services.models.aws_codes import DEPLOYMENT_STATES, ROLLOUTS
from services.models.base import RawId
from services.models.belongings import Belongings, Owned, OwnedPart
from services.models.causes import Onset, OnsetBasis
from services.models.cloudtrail import Actor, ActorKind, TrailEvent
from services.models.ecs_deployments import ServiceDeployment
from services.models.first_wave import AlarmMoment, IncidentEvidence
from services.models.incidents import TimelineKind, TurnKind
from services.models.journal import Entry, EntryKind, Person
from tests.services.incidents.incident_desk import ALARM, FIRED, NOW, alarm, desk
from tests.widgets.incident_data import incident

MINUTE = timedelta(minutes=1)
ONSET = Onset(at=FIRED - 2 * MINUTE, basis=OnsetBasis.BASELINE)


def write(name, minutes, source="ec2.amazonaws.com"):
    return TrailEvent(
        id=f"{name}{minutes}",
        name=name,
        source=source,
        at=ONSET.at + timedelta(minutes=minutes),
        region="ap-northeast-1",
        actor=Actor(kind=ActorKind.USER, name="tanaka.yuko"),
    )


def evidence(*writes):
    moment = AlarmMoment(id=ALARM, name=ALARM, since=FIRED)
    return IncidentEvidence(alarm=moment, began=NOW, ended=NOW, readings=(), writes=writes)


def test_just_before_is_the_hour_before_the_first_bad_minute():
    rows = just_before(
        evidence(
            write("RevokeSecurityGroupIngress", -10),
            write("CreateTags", -61),
            write("DeleteRoute", 4),
            write("DeleteRoute", 30),
            write("ConsoleLogin", -5, "signin.amazonaws.com"),
        ),
        ONSET,
    )
    assert [row.text for row in rows] == ["RevokeSecurityGroupIngress", "DeleteRoute"]
    assert all(row.late for row in rows), "CloudTrail reports about five minutes late"
    assert rows[0].by == "tanaka.yuko"


@pytest.mark.parametrize(
    ("group", "is_own"), [("sg-0aaaaaaaaaaaaaaaa", True), ("sg-0bbbbbbbbbbbbbbbb", False)]
)
def test_a_write_elsewhere_in_the_account_says_so(group, *, is_own):
    revoked = write("RevokeSecurityGroupIngress", -10).model_copy(update={"touched": (RawId(group),)})
    part = OwnedPart(kind=Owned.SECURITY_GROUP, ids=(RawId("sg-0aaaaaaaaaaaaaaaa"),))
    owned = evidence(revoked).model_copy(update={"belongings": Belongings(read_at=NOW, parts=(part,))})
    (row,) = just_before(owned, ONSET)
    assert ("(elsewhere in the account)" not in row.text) is is_own
    (row,) = just_before(evidence(revoked), ONSET)
    assert "elsewhere" not in row.text, "whose it is is not known"


def change(minutes):
    return Entry(
        seq=int(100 + minutes), at=ONSET.at + minutes * MINUTE, kind=EntryKind.OUTCOME, subject="p1", target="api",
        text="done", person=Person(user="tanaka", host="h"), body="{}", previous="", hash="",
    )  # fmt: skip


async def test_everything_stands_in_the_order_in_which_it_happened(tmp_path):
    async with desk(tmp_path / "journal.db") as console:
        await console.see(alarm())
        (incident,) = console.incidents.incidents
        await console.incidents.take(incident)
        await console.incidents.note(incident, "接続数を確認")
        await console.incidents.turn(incident, TurnKind.OK, FIRED + MINUTE)
        entries = await console.incidents.entries(incident)
        incident = console.incidents.incidents[0]
        rows = timeline(incident, entries, evidence(write("DeleteRoute", -3)), ONSET)
        assert [row.at for row in rows] == sorted(row.at for row in rows)
        kinds = [row.kind for row in rows]
        assert kinds == [
            TimelineKind.JUST_BEFORE,
            TimelineKind.ALARM,
            TimelineKind.ALARM,
            TimelineKind.RECOVERY,
            TimelineKind.PERSON,
            TimelineKind.NOTE,
        ]
        assert rows[2].at == FIRED, "the alarm's own time, not when a console saw it"


def test_our_own_changes_after_the_first_bad_minute_are_the_response_and_no_suspect():
    entries = [change(-5), change(2)]
    assert [row.seq for row in just_before(evidence(), ONSET, entries)] == [entries[0].seq]
    rows = timeline(incident(), (), evidence(), ONSET, entries)
    kinds = {row.seq: row.kind for row in rows if row.seq}
    assert kinds == {entries[0].seq: TimelineKind.JUST_BEFORE, entries[1].seq: TimelineKind.CHANGE}


def _of_botocore(shape):
    model = Loader().load_service_model("ecs", "service-2")
    return set(model["shapes"][shape]["enum"])


def test_every_state_of_a_deployment_has_words():
    assert set(DEPLOYMENT_STATES) >= _of_botocore("ServiceDeploymentStatus")
    assert set(ROLLOUTS) >= _of_botocore("DeploymentRolloutState")


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("status", sorted(_of_botocore("ServiceDeploymentStatus")))
def test_no_spelling_of_the_api_stands_in_the_timeline(language, status):
    i18n.use(language)
    deployment = ServiceDeployment(
        id=RawId("d1"),
        target=RawId("r1"),
        status=status,
        created=ONSET.at - 9 * MINUTE,
        finished=ONSET.at - 2 * MINUTE,
    )
    moment = AlarmMoment(id=ALARM, name=ALARM, since=FIRED)
    evidence_of_it = IncidentEvidence(
        alarm=moment, began=NOW, ended=NOW, readings=(), deployments=(deployment,)
    )
    texts = [row.text for row in just_before(evidence_of_it, ONSET)]
    assert len(texts) == 2
    assert all(status not in text for text in texts)
