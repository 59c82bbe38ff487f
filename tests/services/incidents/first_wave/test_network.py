"""Whether a database lets tasks in: by group, by address, or not; and what rules alone cannot tell."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.incidents.first_wave.questions import Undetermined, network_path
from services.models.base import GroupRule, RawId, SecurityGroup

ANYWHERE = GroupRule(protocol="-1", networks=("0.0.0.0/0",))
TASKS = [SecurityGroup(id=RawId("sg-app"), name="app", egress=(ANYWHERE,))]


def rule(*networks, groups=(), port=5432, lists=()):
    return GroupRule(
        protocol="tcp",
        first_port=port,
        last_port=port,
        groups=tuple(map(RawId, groups)),
        networks=networks,
        prefix_lists=tuple(map(RawId, lists)),
    )


def path(*rules, addresses=("10.0.1.5", "10.0.2.6")):
    database = [SecurityGroup(id=RawId("sg-db"), name="db", ingress=rules)]
    return network_path(database, TASKS, 5432, addresses)


def test_a_rule_that_names_the_tasks_group_lets_them_in():
    answer = path(rule(groups=("sg-other", "sg-app")))
    assert answer.allowed
    assert answer.rule == "sg-db: tcp 5432 ← sg-app"
    assert (answer.port, answer.database_groups, answer.task_groups) == (5432, ("sg-db",), ("sg-app",))


@pytest.mark.parametrize(
    "networks", [("0.0.0.0/0",), ("10.0.0.0/16",), ("10.0.1.0/24", "10.0.2.0/24"), ("bad", "10.0.0.0/8")]
)
def test_address_ranges_let_in_whom_they_contain(networks):
    assert path(rule(*networks)).allowed
    assert path(*map(rule, networks)).allowed


@pytest.mark.parametrize(
    "rules",
    [
        (),
        (rule(groups=("sg-other",)),),
        (rule(groups=("sg-app",), port=5433),),
        (rule("10.0.1.0/24"),),
        (rule("192.168.0.0/16", groups=("sg-other",)),),
    ],
    ids=["no rule", "another group", "another port", "one zone only", "other addresses"],
)
def test_without_a_rule_for_them_tasks_are_kept_out(rules):
    answer = path(*rules)
    assert not answer.allowed
    assert answer.rule == ""


def test_everybody_is_let_in_whatever_the_addresses():
    assert path(rule("0.0.0.0/0"), addresses=()).allowed


@pytest.mark.parametrize(
    ("rules", "addresses"),
    [((rule("10.0.0.0/16"),), ()), ((rule(lists=("pl-1",)),), ("10.0.1.5",))],
    ids=["unknown addresses", "a prefix list"],
)
def test_what_rules_alone_do_not_tell_is_not_decided(rules, addresses):
    with pytest.raises(Undetermined):
        path(*rules, addresses=addresses)


def test_tasks_without_groups_are_not_decided():
    with pytest.raises(Undetermined):
        network_path([SecurityGroup(id=RawId("sg-db"), name="db")], [], 5432, ())


@given(
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)), max_size=4),
    st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4),
)
def test_the_answer_is_that_of_each_address(ranges, senders):
    networks = [f"{ip_address(base)}/{length}" for base, length in ranges]
    addresses = tuple(str(ip_address(sender)) for sender in senders)
    answer = path(rule(*networks), addresses=addresses)
    contained = [
        any(ip_address(each) in ip_network(net, strict=False) for net in networks) for each in addresses
    ]
    assert answer.allowed is all(contained)


@pytest.mark.parametrize(
    ("egress", "allowed"),
    [
        ((), False),
        ((rule("0.0.0.0/0", port=443),), False),
        ((rule(groups=("sg-other",)),), False),
        ((rule(groups=("sg-db",)),), True),
        # The database's address is not known: any range for the port may hold it.
        ((rule("10.0.0.0/16"),), True),
        ((ANYWHERE,), True),
    ],
    ids=["no rule", "another port", "another group", "the database's group", "a range", "anywhere"],
)
def test_tasks_whose_own_groups_let_nothing_out_do_not_reach_it(egress, allowed):
    database = [SecurityGroup(id=RawId("sg-db"), name="db", ingress=(rule(groups=("sg-app",)),))]
    tasks = [SecurityGroup(id=RawId("sg-app"), name="app", egress=egress)]
    answer = network_path(database, tasks, 5432, ())
    assert answer.allowed is allowed
    assert answer.is_kept_in is not allowed
