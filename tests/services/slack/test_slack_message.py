"""Messages and settings: nothing foreign is obeyed by Slack, nothing is too long, no secret is shown."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.client.secret import Secret
from services.slack.message_format import SECTION, body, inert, sections, shown
from services.slack.sending import Message
from services.slack.settings import read

ROOT = Path(__file__).parents[3]


def message(text):
    return Message(post="a1", channel="#ops-alerts", text=text, footer="Toban · <sato> · toban-a1")


def test_only_three_characters_are_escaped():
    assert inert("<!channel> <@U1> R&D *bold* 異常 “x” &amp;") == (
        "&lt;!channel&gt; &lt;@U1&gt; R&amp;D *bold* 異常 “x” &amp;amp;"
    )


def test_addresses_are_links_and_nothing_else_is():
    text = "見る https://a.example/x?b=1&c=2#d、<https://evil|click> #general @here"
    assert shown(text) == (
        "見る <https://a.example/x?b=1&amp;c=2#d>、&lt;<https://evil>|click&gt; #general @here"
    )


def test_a_message_has_text_and_verbatim_blocks():
    payload = body(message("<!here> a"))
    assert payload["text"] == "&lt;!here&gt; a\nToban · &lt;sato&gt; · toban-a1"
    section, footer = payload["blocks"]
    assert section["text"] == {"type": "mrkdwn", "text": "&lt;!here&gt; a", "verbatim": True}
    assert footer["elements"][0]["verbatim"] is True


@given(
    st.text("&<>a\n 異:/h", max_size=200).map(lambda text: text * 40)
    | st.just("https://x/" + "y" * 5000 + "&" * 4000)
)
def test_every_section_fits_and_no_entity_is_cut(text):
    pieces = sections(text)
    assert all(0 < len(piece) <= SECTION for piece in pieces)
    for piece in pieces:
        rest = piece.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
        assert "&" not in rest
    assert _letters("".join(pieces)) == _letters(shown(text)), "nothing is lost"


def _letters(text):
    return [each for each in text if each not in "<>\n "]


def test_secrets_are_shown_nowhere_and_nothing_is_read_from_elsewhere():
    slack_settings = read(
        {"TOBAN_SLACK_TOKEN": "xoxb-1", "TOBAN_SLACK_WEBHOOK": "https://hooks.slack.com/services/T/B/x"}
    )
    assert isinstance(slack_settings.token, Secret)
    assert slack_settings.webhook is None, "a token can do more"
    assert "xoxb-1" not in f"{slack_settings!r} {slack_settings}"
    hook = read({"TOBAN_SLACK_WEBHOOK": "https://hooks.slack.com/services/T/B/x"})
    assert hook.webhook.reveal() == "https://hooks.slack.com/services/T/B/x"
    assert "T/B" not in repr(hook)
    assert "TOBAN_SLACK_TOKEN" in read({}).why


@pytest.mark.parametrize(
    ("environment", "demo", "configured"),
    [
        ({"TOBAN_SLACK_TOKEN": "x"}, False, True),
        ({"TOBAN_SLACK_TOKEN": "x"}, True, False),
        ({"TOBAN_SLACK_WEBHOOK": "https://hooks.slack.com/services/T/B/x"}, True, False),
        ({"TOBAN_SLACK_TOKEN": "x", "TOBAN_SLACK_URL": "https://relay.example"}, True, False),
        ({"TOBAN_SLACK_TOKEN": "x", "TOBAN_SLACK_URL": "http://127.0.0.1:9"}, True, True),
        ({"TOBAN_SLACK_TOKEN": "x", "TOBAN_SLACK_URL": "http://localhost:9"}, True, True),
        ({"TOBAN_SLACK_TOKEN": "x", "TOBAN_SLACK_URL": "http://localhost.example:9"}, True, False),
        ({"TOBAN_SLACK_TOKEN": "x", "TOBAN_SLACK_URL": "https://relay.example"}, False, True),
        ({"TOBAN_SLACK_TOKEN": "x", "TOBAN_SLACK_URL": "http://relay.example"}, False, False),
        ({"TOBAN_SLACK_TOKEN": "x", "TOBAN_SLACK_URL": "relay"}, False, False),
        ({"TOBAN_SLACK_TOKEN": "x", "TOBAN_SLACK_URL": "http://[::1"}, False, False),
        ({"TOBAN_SLACK_WEBHOOK": "not an address"}, False, False),
    ],
)
def test_a_demo_connects_only_to_a_stand_in_on_this_machine(environment, demo, configured):
    slack_settings = read(environment, demo=demo)
    assert slack_settings.configured is configured
    assert bool(slack_settings.why) is not configured


def test_a_relay_takes_the_place_of_slacks_own_hosts():
    environment = {
        "TOBAN_SLACK_WEBHOOK": "https://hooks.slack.com/services/T/B/x",
        "TOBAN_SLACK_URL": "https://relay/",
    }
    webhook = read(environment).webhook
    assert webhook.reveal() == "https://relay/services/T/B/x"


@pytest.mark.slow
def test_the_library_is_loaded_only_when_something_is_sent():
    code = "import json,sys,services.system,tui.screens.slack.post,tui.screens.slack.outbox; print(json.dumps('slack_sdk' in sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(answer.stdout) is False
