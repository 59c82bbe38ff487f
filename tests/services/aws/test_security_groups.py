from typing import Any

import pytest

from services.aws.client.errors import Incomplete
from services.aws.security_groups import SecurityGroups
from tests.services.aws.canned import Canned

POSTGRES: dict[str, Any] = {
    "IpProtocol": "tcp",
    "FromPort": 5432,
    "ToPort": 5432,
    "UserIdGroupPairs": [{"GroupId": "sg-app", "UserId": "123456789012"}],
    "IpRanges": [{"CidrIp": "10.0.0.0/16", "Description": "offices"}],
    "Ipv6Ranges": [{"CidrIpv6": "fd00::/8"}],
    "PrefixListIds": [{"PrefixListId": "pl-1"}],
}


def group(id, *rules):
    return {
        "GroupId": id,
        "GroupName": f"name of {id}",
        "IpPermissions": list(rules),
        "IpPermissionsEgress": [],
    }


async def test_groups_in_the_order_of_the_question():
    canned = Canned(DescribeSecurityGroups={"SecurityGroups": [group("sg-app"), group("sg-db", POSTGRES)]})
    database, app = await SecurityGroups(canned).named(["sg-db", "sg-app", "sg-db"])
    assert canned.asked("DescribeSecurityGroups") == [{"GroupIds": ["sg-db", "sg-app"]}]
    assert (database.id, database.name, app.ingress) == ("sg-db", "name of sg-db", ())
    (rule,) = database.ingress
    assert (rule.protocol, rule.first_port, rule.last_port) == ("tcp", 5432, 5432)
    assert (rule.groups, rule.prefix_lists) == (("sg-app",), ("pl-1",))
    assert rule.networks == ("10.0.0.0/16", "fd00::/8")


async def test_no_ids_need_no_request():
    canned = Canned()
    assert await SecurityGroups(canned).named([]) == ()
    assert canned.calls == []


@pytest.mark.parametrize(
    ("rule", "port", "covered"),
    [
        (POSTGRES, 5432, True),
        (POSTGRES, 5433, False),
        (POSTGRES | {"FromPort": 0, "ToPort": 65535}, 5432, True),
        (POSTGRES | {"IpProtocol": "udp"}, 5432, False),
        ({"IpProtocol": "-1"}, 5432, True),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}, 5432, False),
    ],
)
async def test_a_rule_covers_its_ports(rule, port, covered):
    canned = Canned(DescribeSecurityGroups={"SecurityGroups": [group("sg-db", rule)]})
    (database,) = await SecurityGroups(canned).named(["sg-db"])
    assert database.ingress[0].covers(port) is covered


@pytest.mark.parametrize(
    "answers",
    [
        [group("sg-app")],
        [{"GroupId": "sg-db"}],
        [{"GroupId": "sg-db", "IpPermissions": []}],
        [{"GroupName": "db", "IpPermissions": []}],
        [group("sg-db", {"FromPort": 1, "ToPort": 2})],
        [group("sg-db", {"IpProtocol": "tcp", "FromPort": 5432})],
    ],
    ids=["another group", "no rules", "one side only", "no id", "no protocol", "no end of the range"],
)
async def test_damaged_answers_refuse_nobody(answers):
    canned = Canned(DescribeSecurityGroups={"SecurityGroups": answers})
    with pytest.raises(Incomplete):
        await SecurityGroups(canned).named(["sg-db"])
