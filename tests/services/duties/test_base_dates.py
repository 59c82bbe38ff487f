from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.errors import AccessDenied
from services.aws.iam.access_keys import AccessKeys
from services.aws.rds.reader import RdsReader
from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.duties.base_dates import BaseDates, MaintenanceDates
from services.journal.journal import Journal
from services.models.journal import EntryKind, NewEntry, Person
from services.models.problem import ProblemKind
from services.models.runbook import Duty
from services.runbook.loader import load_builtin
from tests.services.aws.canned import Canned, failure

MADE = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def clock():
    return ManualClock(MADE + timedelta(days=80))


@pytest.fixture
async def journal(tmp_path, clock):
    book = Journal(tmp_path / "journal.sqlite", clock=clock, person=lambda: Person(user="tanaka"))
    await book.open()
    yield book
    await book.close()


@pytest.fixture
def runbook():
    return load_builtin("facility-prod")


def row(id, status, created_at=MADE):
    return {"UserName": "u", "AccessKeyId": id, "Status": status, "CreateDate": created_at}


def listing(*rows):
    return Canned(ListAccessKeys={"AccessKeyMetadata": list(rows)})


async def sign(journal, duty="key-rotation"):
    await journal.append(NewEntry(kind=EntryKind.SIGN_OFF, subject=f"{duty}@x", target=duty, text="signed"))


async def test_an_active_key_dates_its_rotation(journal, runbook):
    (base_date,) = await BaseDates(AccessKeys(listing(row("AKIA1", "Active"))), journal, runbook).read()
    assert (base_date.anchor, base_date.id, base_date.at) == ("access-key:ci-cd-user", "AKIA1", MADE)


async def test_an_inactive_key_is_dated_by_the_signed_rotation(journal, runbook, clock):
    await sign(journal)
    clock.advance(3600)
    signed = clock.now()
    await sign(journal)
    await sign(journal, "key-deletion")
    keys = listing(row("AKIAOLD", "Inactive"), row("AKIANEW", "Active", signed))
    base_date, disabled = await BaseDates(AccessKeys(keys), journal, runbook).read()
    assert (base_date.id, base_date.at) == ("AKIANEW", signed)
    assert (disabled.anchor, disabled.id, disabled.at) == (
        "access-key-disabled:ci-cd-user",
        "AKIAOLD",
        signed,
    )


async def test_without_a_later_sign_off_the_date_is_reported_as_unknown(journal, runbook, clock):
    await sign(journal)
    later = clock.now() + timedelta(days=1)
    _rotation, base_date = await BaseDates(
        AccessKeys(listing(row("AKIA1", "Inactive", later))), journal, runbook
    ).read()
    assert base_date.at is None
    assert "AKIA1" in base_date.remark


async def test_an_unreadable_journal_is_reported(tmp_path, runbook, clock):
    closed = Journal(tmp_path, clock=clock, person=Person)
    await closed.open()
    _rotation, base_date = await BaseDates(
        AccessKeys(listing(row("AKIA1", "Inactive"))), closed, runbook
    ).read()
    await closed.close()
    assert base_date.at is None
    assert base_date.remark


async def test_a_missing_user_does_not_hide_the_others(journal, runbook):
    more = Duty(id="second", title="second", anchor="access-key:another+90d")
    both = runbook.model_copy(update={"duties": (*runbook.duties, more)})

    def listed(params):
        if params["UserName"] == "another":
            return failure(ProblemKind.NOT_FOUND)
        return {"AccessKeyMetadata": [row("AKIA1", "Active")]}

    missing, base_date = await BaseDates(AccessKeys(Canned(ListAccessKeys=listed)), journal, both).read()
    assert (missing.anchor, missing.at) == ("access-key:another", None)
    assert "another" in missing.remark
    assert base_date.id == "AKIA1"


async def test_a_refusal_is_raised(journal, runbook):
    keys = AccessKeys(Canned(ListAccessKeys=failure(ProblemKind.ACCESS_DENIED)))
    with pytest.raises(AccessDenied):
        await BaseDates(keys, journal, runbook).read()


async def test_a_runbook_without_base_dates_asks_nothing(journal, runbook):
    bare = runbook.model_copy(update={"duties": ()})
    canned = Canned()
    assert await BaseDates(AccessKeys(canned), journal, bare).read() == ()
    assert canned.calls == []


async def test_a_disabled_key_keeps_its_rotation_until_that_is_signed(journal, runbook, clock):
    keys = listing(row("AKIAOLD", "Inactive"), row("AKIANEW", "Active", clock.now()))
    base_dates = await BaseDates(AccessKeys(keys), journal, runbook).read()
    assert ("access-key:ci-cd-user", "AKIAOLD") in {(each.anchor, each.id) for each in base_dates}
    clock.advance(60)
    await sign(journal)
    base_dates = await BaseDates(AccessKeys(keys), journal, runbook).read()
    assert ("access-key:ci-cd-user", "AKIAOLD") not in {(each.anchor, each.id) for each in base_dates}


DATABASE = {
    "DBInstanceIdentifier": "facility-prod-db",
    "DBInstanceArn": "arn:aws:rds:ap-northeast-1:123456789012:db:facility-prod-db",
    "DBInstanceStatus": "available",
    "PreferredMaintenanceWindow": "sat:17:00-sat:18:00",
}


def pending(*actions):
    resource = {
        "ResourceIdentifier": DATABASE["DBInstanceArn"],
        "PendingMaintenanceActionDetails": list(actions),
    }
    return Canned(
        DescribeDBInstances={"DBInstances": [DATABASE]},
        DescribePendingMaintenanceActions={"PendingMaintenanceActions": [resource] if actions else []},
    )


async def test_the_last_window_that_leaves_a_week_dates_the_request(runbook, clock):
    forced = datetime(2026, 4, 20, tzinfo=UTC)
    canned = pending(
        {"Action": "system-update", "ForcedApplyDate": forced},
        {"Action": "os-upgrade", "ForcedApplyDate": forced, "OptInStatus": "next-maintenance"},
        {"Action": "db-upgrade"},
    )
    (date,) = await MaintenanceDates(RdsReader(canned), runbook, clock).read()
    assert (date.anchor, date.id) == ("rds-maintenance:facility-prod-db", "system-update")
    assert date.at == datetime(2026, 4, 11, 17, 0, tzinfo=UTC)  # the next one, on the 18th, leaves two days
    (slot,) = Calendar(runbook).anchored([date])
    # Sunday 2:00 in Japan; the last open day before it.
    assert (slot.key, f"{slot.day}") == ("patch-window:system-update@2026-04-12", "2026-04-10")
    assert "2026-04-12" in slot.remark or "04-12" in slot.remark


async def test_maintenance_that_cannot_be_read_is_said_and_keeps_no_other_date_back(runbook, clock, journal):
    def dates(kind):
        return MaintenanceDates(RdsReader(Canned(DescribeDBInstances=failure(kind))), runbook, clock)

    keys = AccessKeys(listing())
    (date,) = await BaseDates(keys, journal, runbook, dates(ProblemKind.ACCESS_DENIED)).read()
    assert (date.id, date.at, date.remark) == ("facility-prod-db", None, "refused")
    (date,) = await BaseDates(keys, journal, runbook, dates(ProblemKind.THROTTLED)).read()
    assert (date.at, date.remark) == (None, "refused")
