import json
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from services.aws.client.errors import AccessDenied, AwsError, Refused
from services.aws.client.settings import WriteRole
from services.demo.sts import SessionStore, Trust
from services.models.change_runs import StepState
from services.models.journal import EntryKind
from tests.services.changes.change_world import REGISTER, desk

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

ROLE = "arn:aws:iam::123456789012:role/toban/TobanWrite"
DEVICE = "arn:aws:iam::123456789012:mfa/tanaka"
MINUTES = timedelta(minutes=15)


def store(embedded):
    return embedded.world.component(SessionStore)


def assumed(embedded):
    return [each for each in store(embedded).sessions.values() if "/TobanWrite/" in each.arn]


@asynccontextmanager
async def role_desk(embedded, path, *, mfa=True, role=ROLE, reads=""):
    write_role = WriteRole(role, DEVICE if mfa else "")
    further = {"write_role": write_role} | ({"role_arn": reads} if reads else {})
    async with desk(embedded, path, further=further) as one:
        yield one


async def armed(one, code="123456"):
    await one.engine.arm("month end", MINUTES, code)


async def test_a_plan_is_sent_by_a_session_cut_to_it(embedded, tmp_path):
    store(embedded).trusts["TobanWrite"] = Trust(mfa=True)
    async with role_desk(embedded, tmp_path / "j.db") as one:
        await armed(one)
        plan = await one.plan(max="10", revert="duty")
        run = await one.apply(plan)
        assert run.state is StepState.DONE
        (session,) = assumed(embedded)
        user = one.services.journal.person.user
        assert session.source_identity == user
        assert session.arn == f"arn:aws:sts::123456789012:assumed-role/TobanWrite/{user}-{plan.id}"
        (statement,) = json.loads(session.policy)["Statement"]
        assert statement["Action"] == ["application-autoscaling:RegisterScalableTarget"]
        (entry,) = [each for each in await one.entries() if each.kind is EntryKind.ARMED]
        assert (entry.data["role"], entry.data["source_identity"]) == (ROLE, user)
        assert "TobanWrite" in entry.text
        assert one.engine.permits.armed.role == "TobanWrite"


async def test_one_code_serves_every_change_of_the_arming(embedded, tmp_path):
    store(embedded).trusts["TobanWrite"] = Trust(mfa=True)
    async with role_desk(embedded, tmp_path / "j.db") as one:
        await armed(one)
        for most in ("10", "9"):
            assert (await one.apply(await one.plan(max=most, revert="duty"))).state is StepState.DONE
        assert len({each.arn for each in assumed(embedded)}) == 2
        assert embedded.counts()["sts.GetSessionToken"] == 1
        await one.engine.disarm()
        with pytest.raises(AccessDenied) as caught:
            await armed(one)
        assert "a code works once" in caught.value.problem.remedy
        assert one.engine.permits.armed is None
        await armed(one, "654321")


async def test_the_role_reads_nothing(embedded, tmp_path):
    signed: list[tuple[str, str]] = []
    observe(embedded, signed)
    async with role_desk(embedded, tmp_path / "j.db") as one:
        await armed(one)
        await one.apply(await one.plan(max="10", revert="duty"))
    keys = {key for key, session in store(embedded).sessions.items() if "/TobanWrite/" in session.arn}
    assert {operation for key, operation in signed if key in keys} == {
        "get_caller_identity",
        "register_scalable_target",
    }
    unlocked = set(store(embedded).sessions) - keys
    assert {operation for key, operation in signed if key in unlocked} == {"assume_role"}


def observe(embedded, signed):
    front = embedded.server.front
    call = front._call

    def noted(handler, request):
        signed.append((request.scope.access_key, handler.__name__))
        return call(handler, request)

    front._call = noted


@pytest.mark.parametrize(
    ("trust", "words"),
    [(Trust(source_identity=False), "add sts:SetSourceIdentity"), (Trust(mfa=True), "sts:AssumeRole")],
)
async def test_a_role_that_cannot_be_assumed_sends_nothing(trust, words, embedded, tmp_path):
    store(embedded).trusts["TobanWrite"] = trust
    async with role_desk(embedded, tmp_path / "j.db", mfa=False) as one:
        await armed(one, "")
        run = await one.apply(await one.plan(max="10", revert="duty"))
        assert run.state is StepState.REFUSED
        assert words in run.refusal
        assert await one.kinds() == [EntryKind.ARMED, EntryKind.REFUSED]
        assert REGISTER not in embedded.counts()
        # Once the trust policy is corrected, the same plan goes through.
        store(embedded).trusts.clear()
        assert (await one.apply(await one.plan(max="10", revert="duty"))).state is StepState.DONE


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"code": "PackedPolicyTooLarge", "status": 400}, "smaller parts"),
        ({"preset": "denied"}, "could not be assumed"),
        ({"preset": "throttled"}, "could not be assumed"),
        ({"mode": "reset-after"}, "could not be assumed"),
        ({"mode": "html"}, "could not be assumed"),
        ({"code": "InternalFailure", "status": 500}, "could not be assumed"),
    ],
    ids=str,
)
async def test_a_fault_of_sts_sends_nothing(fault, words, embedded, tmp_path):
    async with role_desk(embedded, tmp_path / "j.db", mfa=False) as one:
        await armed(one, "")
        plan = await one.plan(max="10", revert="duty")
        embedded.fault("sts", "AssumeRole", **fault)
        run = await one.apply(plan)
        assert words in run.refusal
        assert REGISTER not in embedded.counts()
        assert embedded.counts()["sts.AssumeRole"] == 1


async def test_the_identity_of_the_role_is_compared_before_each_write(embedded, tmp_path):
    async with role_desk(embedded, tmp_path / "j.db", mfa=False) as one:
        await armed(one, "")
        plan = await one.plan(max="10", revert="duty")
        embedded.fault("sts", "GetCallerIdentity", preset="denied")
        run = await one.apply(plan)
        assert "could not be identified" in run.refusal
        assert len(assumed(embedded)) == 1
        assert REGISTER not in embedded.counts()


async def test_nothing_is_armed_without_the_code(embedded, tmp_path):
    async with role_desk(embedded, tmp_path / "j.db") as one:
        for code in ("", "12345", "1234567", "12345x", "１２３４５６"):
            with pytest.raises(Refused) as caught:
                await armed(one, code)
            assert "six digits" in caught.value.problem.summary
        with pytest.raises(AwsError) as refused:
            await armed(one, "000000")
        assert "MFA" in refused.value.problem.summary
        assert one.engine.permits.armed is None
        assert await one.kinds() == []


@pytest.mark.parametrize(
    "fault",
    [
        {"preset": "throttled"},
        {"mode": "reset-after"},
        {"mode": "html"},
        {"mode": "empty"},
        {"preset": "expired"},
    ],
    ids=str,
)
async def test_a_fault_at_the_exchange_leaves_the_console_read_only(fault, embedded, tmp_path):
    async with role_desk(embedded, tmp_path / "j.db") as one:
        embedded.fault("sts", "GetSessionToken", **fault)
        with pytest.raises(AwsError):
            await armed(one)
        assert one.engine.permits.armed is None
        assert await one.kinds() == []
        assert embedded.counts()["sts.GetSessionToken"] == 1


async def test_with_a_role_the_time_is_that_of_its_session(embedded, tmp_path):
    async with role_desk(embedded, tmp_path / "j.db") as one:
        with pytest.raises(Refused) as caught:
            await one.engine.arm("month end", timedelta(minutes=16), "123456")
        assert "15 minutes" in caught.value.problem.summary
        assert "sts.GetSessionToken" not in embedded.counts()


async def test_a_role_of_another_account_is_refused(embedded, tmp_path):
    other = ROLE.replace("123456789012", "210987654321")
    async with role_desk(embedded, tmp_path / "j.db", role=other) as one:
        with pytest.raises(Refused) as caught:
            await armed(one)
        assert "210987654321" in caught.value.problem.summary


async def test_the_code_is_exchanged_with_the_own_credentials_not_with_the_role_that_reads(
    embedded, tmp_path
):
    reads = "arn:aws:iam::123456789012:role/Reader"
    async with role_desk(embedded, tmp_path / "j.db", reads=reads) as one:
        assert "/Reader/" in (await one.services.session.identity()).arn
        await armed(one)
        assert (await one.apply(await one.plan(max="10", revert="duty"))).state is StepState.DONE


async def test_what_the_code_was_exchanged_for_is_forgotten(embedded, tmp_path):
    async with role_desk(embedded, tmp_path / "j.db") as one:
        source = one.services.session.write_role
        await armed(one)
        sessions = source._sessions
        assert sessions._unlocked is not None
        await one.engine.disarm()
        assert sessions._unlocked is None
        await armed(one, "222222")
        assert sessions._unlocked is not None
    assert sessions._unlocked is None


async def test_only_its_own_gate_lets_a_code_be_exchanged(embedded, tmp_path):
    async with role_desk(embedded, tmp_path / "j.db") as one:
        with pytest.raises(Refused):
            await one.services.session.read("sts", "GetSessionToken")
