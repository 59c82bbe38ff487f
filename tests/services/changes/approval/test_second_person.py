import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.changes.approval.approvals import are_two, is_one_of
from services.models.journal import Person

A, B = "arn:aws:iam::123456789012:user/a", "arn:aws:iam::123456789012:user/b"
USERS = st.sampled_from(
    ["alice", "bob", "carol", "root", "alice (sudo: bob)", "root (sudo: alice)", "root (login: carol)",
     "uid 1001", "uid 1002", "root (login: uid 1001)", "Alice", ""]
)  # fmt: skip
IDENTITIES = st.sampled_from([A, B, ""])
PEOPLE = st.builds(Person, user=USERS, identity=IDENTITIES, host=st.sampled_from(["one", "two"]))


def names(user):
    words = user.lower().replace("(", " ").replace(")", " ").split()
    return {word for word in words if word not in ("sudo:", "login:", "uid")}


@given(PEOPLE, PEOPLE)
def test_every_pairing(one, other):
    expected = (
        bool(one.identity and other.identity)
        and one.identity != other.identity
        and bool(names(one.user) and names(other.user))
        and not names(one.user) & names(other.user)
    )
    assert are_two(one, other) is expected
    assert are_two(other, one) is expected


@pytest.mark.parametrize(
    ("user", "identity", "two"),
    [
        ("bob", B, True),
        ("bob", A, False),
        ("bob", A.upper(), False),
        ("bob", "", False),
        ("alice", B, False),
        ("ALICE", B, False),
        ("", B, False),
        ("bob (sudo: alice)", B, False),
        ("alice (sudo: bob)", B, False),
        ("root (sudo: bob)", B, True),
        ("root (login: alice)", B, False),
        ("uid 1001", B, True),
        ("sudo", B, False),
    ],
)
def test_who_is_another_than_alice(user, identity, two):
    alice = Person(user="alice", identity=A)
    assert are_two(alice, Person(user=user, identity=identity)) is two


def test_two_by_sudo_of_one_account_are_not_told_apart():
    one = Person(user="root (sudo: alice)", identity=A)
    assert not are_two(one, Person(user="root (sudo: bob)", identity=B)), "both act as root: it fails closed"


@given(PEOPLE)
def test_nobody_is_a_second_person_to_themselves(one):
    assert not are_two(one, one)
    assert not are_two(one, one.model_copy(update={"host": "elsewhere", "origin": "ssh 10.0.0.1"}))


@pytest.mark.parametrize(
    ("user", "is_one"),
    [
        ("suzuki", True),
        ("Suzuki", True),
        ("ops (sudo: suzuki)", True),
        ("ops (login: suzuki)", True),
        ("suzuki (sudo: alice)", False),
        ("suzuki2", False),
        ("alice", False),
        ("", False),
    ],
)
def test_who_is_named_by_the_runbook(user, is_one):
    assert is_one_of(Person(user=user), ["suzuki", "tanaka"]) is is_one
