"""Addresses of ledgers: what they may say, what is wrong with others, and that no password is shown."""

import json
import pickle

import pytest

from services import i18n
from services.clock import SystemClock
from services.journal.ledgers.registry import (
    ENGINES,
    BadAddress,
    address_text,
    is_address,
    open_ledger,
    parse,
)
from services.journal.ledgers.tables import printed_table


@pytest.mark.parametrize(
    ("text", "scheme", "place", "options", "poll"),
    [
        ("dynamodb://toban-journal", "dynamodb", "toban-journal", {}, 5.0),
        (
            "dynamodb://Toban_Journal.v2?region=ap-northeast-1&profile=ops&role_arn=arn:aws:iam::1:role/toban"
            "&endpoint_url=http://127.0.0.1:8000&poll=2.5",
            "dynamodb",
            "Toban_Journal.v2",
            {
                "region": "ap-northeast-1",
                "profile": "ops",
                "role_arn": "arn:aws:iam::1:role/toban",
                "endpoint_url": "http://127.0.0.1:8000",
            },
            2.5,
        ),
        ("postgresql://toban@db.example:6432/ops", "postgresql", "db.example:6432/ops", {}, 2.0),
        ("postgresql://toban@[::1]/ops", "postgresql", "[::1]/ops", {}, 2.0),
        (
            "postgresql://to%40ban@/o%3Fps?host=/run/pg&port=6432&sslmode=verify-full",
            "postgresql",
            "/o?ps",
            {"host": "/run/pg", "port": "6432", "sslmode": "verify-full"},
            2.0,
        ),
        ("s3://bucket", "s3", "bucket", {}, 5.0),
        ("s3://bucket/a/b/?region=eu-west-1", "s3", "bucket/a/b", {"region": "eu-west-1"}, 5.0),
    ],
)
def test_an_address(text, scheme, place, options, poll):
    address = parse(text)
    assert (address.scheme, address.place, dict(address.options), address.poll) == (
        scheme,
        place,
        options,
        poll,
    )
    assert parse(address_text(address)) == address
    assert address.option("region") == options.get("region", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mysql://db/ops", "the engines are: postgresql, dynamodb, s3"),
        ("dynamodb://", "dynamodb://toban-journal?region"),
        ("dynamodb://?region=ap-northeast-1", "dynamodb://toban-journal?region"),
        ("dynamodb://table/more", "write it like this"),
        ("dynamodb://key:secret@table", "write it like this"),
        ("dynamodb://table#top", "write it like this"),
        ("dynamodb://table?regoin=x", "the options are: region, profile, role_arn, endpoint_url, poll"),
        ("dynamodb://table?region=", "“region” needs one value"),
        ("dynamodb://table?region=a&region=b", "“region” needs one value"),
        ("dynamodb://table?region", "write it like this"),
        ("dynamodb://table?poll=0", "from 0.1 to 300"),
        ("dynamodb://table?poll=nan", "from 0.1 to 300"),
        ("dynamodb://table?poll=often", "from 0.1 to 300, not “often”"),
        ("postgresql://db.example", "postgresql://toban@db.example/toban"),
        ("postgresql:///ops", "write it like this"),
        ("postgresql://db/ops/journal", "write it like this"),
        ("postgresql://[::1/ops", "write it like this"),
        # Passwords whose / and ? are not encoded.
        ("postgresql://toban:12/secret@db", "write it like this"),
        ("postgresql://toban:se?cret=x@db/ops", "write it like this"),
        ("s3:///prefix", "s3://toban-journal/prefix"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_wrong_address_says_what_is_allowed(text, message, language):
    i18n.use(language)
    with pytest.raises(BadAddress) as caught:
        parse(text)
    assert "cret" not in str(caught.value)
    if language == "en":
        assert message in str(caught.value)
    else:
        assert "{" not in str(caught.value)


def test_a_path_is_no_address():
    assert is_address("dynamodb://table")
    assert not is_address("~/journal/facility-prod.db")


def test_a_password_is_shown_nowhere():
    address = parse("postgresql://toban:s%2Fecret@db.example/toban?sslmode=require")
    assert address.password.reveal() == "s/ecret"
    ledger = open_ledger(address, "facility-prod", SystemClock())
    for text in (repr(address), str(address), address_text(address), ledger.address, printed_table(address)):
        assert "ecret" not in text
    with pytest.raises(TypeError):
        pickle.dumps(address)


@pytest.mark.parametrize("scheme", [name for name in ENGINES if name != "postgresql"])
def test_a_printed_template_is_json(scheme):
    template = json.loads(printed_table(ENGINES[scheme].example))
    assert all(each["Type"].startswith("AWS::") for each in template["Resources"].values())


@pytest.mark.parametrize("scheme", ENGINES)
def test_every_example_is_an_address(scheme):
    address = parse(ENGINES[scheme].example)
    assert address_text(address) == ENGINES[scheme].example
    assert address.poll == ENGINES[scheme].poll
