from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calendar.calendar import Calendar
from services.inspections.allow_list import AllowList
from services.inspections.sign_ins.evaluation import SignInReason, SignInRules, network_of, unknown_identities
from services.models.base import RawId
from services.models.cloudtrail import Actor, ActorKind, SignIn, TrailEvent
from services.models.runbook_inspections import Trail as TrailSpec
from services.models.verdict import DISPLAY_ORDER, Verdict
from services.runbook.loader import load_builtin

BOOK = load_builtin("facility-prod")
CALENDAR = Calendar(BOOK)
SPEC = TrailSpec(
    sign_in_regions=("us-east-1",),
    known_people=("sato", "operator"),
    known_networks=("203.0.113.0/28", "nonsense"),
    without_mfa=("break-glass",),
)
OPEN = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)  # A Wednesday, 10:00 JST
SUNDAY = datetime(2026, 1, 11, 3, 0, tzinfo=UTC)


def rules(spec=SPEC, allow_list=None):
    return SignInRules(BOOK, spec, CALENDAR, allow_list or AllowList())


def sign_in(kind=ActorKind.USER, name="sato", **more):
    values = {
        "id": RawId(str(more.pop("id", 1))),
        "name": "ConsoleLogin",
        "source": "signin.amazonaws.com",
        "at": OPEN,
        "region": "us-east-1",
        "actor": Actor(kind=kind, name=name, role=more.pop("role", ""), hidden=more.pop("hidden", False)),
        "address": "203.0.113.5",
        "success": True,
        "mfa": True,
    }
    return SignIn(**(values | more))


@pytest.mark.parametrize(
    ("event", "reasons", "verdict"),
    [
        (sign_in(), (), Verdict.NORMAL),
        (sign_in(ActorKind.ROOT, "root"), (SignInReason.ROOT,), Verdict.ABNORMAL),
        (sign_in(mfa=False), (SignInReason.NO_MFA,), Verdict.ABNORMAL),
        (sign_in(mfa=None), (SignInReason.MFA_UNSAID,), Verdict.UNKNOWN),
        (sign_in(name="break-glass", mfa=False), (SignInReason.PERSON,), Verdict.ATTENTION),
        # The field says nothing about federated sign-ins.
        (sign_in(ActorKind.ROLE, "somebody", role="operator", mfa=False), (), Verdict.NORMAL),
        (sign_in(ActorKind.FEDERATED, "sato", mfa=False), (), Verdict.NORMAL),
        (sign_in(ActorKind.ROLE, "somebody", role="admin"), (SignInReason.PERSON,), Verdict.ATTENTION),
        (sign_in(name="stranger"), (SignInReason.PERSON,), Verdict.ATTENTION),
        (sign_in(address="192.0.2.1"), (SignInReason.ADDRESS,), Verdict.ATTENTION),
        (sign_in(address="cloudformation.amazonaws.com"), (SignInReason.ADDRESS,), Verdict.ATTENTION),
        (sign_in(at=SUNDAY), (SignInReason.HOURS,), Verdict.ATTENTION),
        # A failure has no second factor and no hours.
        (sign_in(success=False, mfa=False, at=SUNDAY), (SignInReason.FAILED,), Verdict.ATTENTION),
        (sign_in(name="", hidden=True, success=False), (SignInReason.FAILED,), Verdict.ATTENTION),
        (sign_in(name="ci-cd-user"), (), Verdict.NORMAL),
    ],
)
def test_one_sign_in(event, reasons, verdict):
    (judged,) = rules().sign_ins([event])
    assert (judged.reasons, judged.verdict) == (reasons, verdict)


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=12), st.integers(1, 5))
def test_many_failures_of_one_person_are_abnormal_fewer_are_not(names, many):
    spec = SPEC.model_copy(update={"many_failures": many, "known_people": ("a", "b", "c")})
    judged = rules(spec).sign_ins(sign_in(name=name, success=False) for name in names)
    for judgement in judged:
        expected = names.count(judgement.event.actor.name) >= many
        assert (judgement.verdict is Verdict.ABNORMAL) is expected


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=8), st.sets(st.integers(0, 7)), st.integers(1, 5))
def test_failures_whose_names_are_lost_are_never_judged_better(names, lost, many):
    spec = SPEC.model_copy(update={"many_failures": many, "known_people": ("a", "b", "c")})
    whole = [sign_in(name=name, success=False) for name in names]
    damaged = [
        each.model_copy(update={"actor": Actor(kind=ActorKind.USER, name="\ufffd", unreadable=True)})
        if number in lost
        else each
        for number, each in enumerate(whole)
    ]
    for before, after in zip(rules(spec).sign_ins(whole), rules(spec).sign_ins(damaged), strict=True):
        assert DISPLAY_ORDER.index(after.verdict) <= DISPLAY_ORDER.index(before.verdict)


def test_hidden_names_of_one_address_are_one_person():
    tries = [
        sign_in(name="", hidden=True, success=False, address=address)
        for address in ("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2")
    ]
    verdicts = [each.verdict for each in rules().sign_ins(tries)]
    assert verdicts == [Verdict.ABNORMAL] * 3 + [Verdict.ATTENTION]


def test_identities_known_in_the_journal_count_too():
    allow_list = AllowList(frozenset({"stranger"}), frozenset({"192.0.2.0/24"}))
    (judged,) = rules(allow_list=allow_list).sign_ins([sign_in(name="stranger", address="192.0.2.9")])
    assert judged.verdict is Verdict.NORMAL
    assert rules().bad_networks == ("nonsense",)


@pytest.mark.parametrize(
    ("name", "error", "grave", "verdict"),
    [
        ("sato", "", True, Verdict.ABNORMAL),
        ("sato", "AccessDenied", True, Verdict.ATTENTION),
        ("sato", "", False, Verdict.ATTENTION),
        ("stranger", "", False, Verdict.ABNORMAL),
        ("root", "", False, Verdict.ABNORMAL),
    ],
)
def test_changes(name, error, grave, verdict):
    kind = ActorKind.ROOT if name == "root" else ActorKind.USER
    event = TrailEvent(
        id=RawId("1"),
        name="DeleteBucket",
        source="s3",
        at=OPEN,
        region="us-east-1",
        actor=Actor(kind=kind, name=name),
        error=error,
    )
    (judged,) = rules().changes([event], grave=grave)
    assert judged.verdict is verdict
    assert len(unknown_identities([], [judged], ["temp"])) == (2 if name == "stranger" else 1)


@given(st.ip_addresses())
def test_an_address_lies_in_the_network_that_is_marked_known(address):
    network = network_of(str(address))
    assert ip_address(str(address)) in ip_network(network)
    assert AllowList(networks=frozenset({network})).address(str(address))


def test_each_unknown_identity_is_offered_once_and_nothing_unidentifiable():
    tries = [
        sign_in(name="stranger", address="192.0.2.1"),
        sign_in(name="stranger", address="192.0.2.1", at=OPEN + timedelta(minutes=1)),
        sign_in(ActorKind.ROOT, "root", address="cloudformation.amazonaws.com"),
        sign_in(name="", hidden=True, success=False),
    ]
    offered = unknown_identities(rules().sign_ins(tries), [], [])
    assert [(each.kind, each.value, each.network) for each in offered] == [
        ("person", "stranger", ""),
        ("network", "192.0.2.1", "192.0.2.1/32"),
    ]
