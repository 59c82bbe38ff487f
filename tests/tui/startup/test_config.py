import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.config_file import write
from tui.commands import COMMANDS
from tui.start_options import StartOptions
from tui.startup.config_reader import (
    ConfigError,
    Setting,
    config_path,
    describe,
    effective,
    load_config,
    settings,
)
from tui.startup.key_checks import key_mistakes, textual_keys


def refusals(options: StartOptions | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(options)
    return [str(each) for each in caught.value.mistakes]


def test_without_anything_the_defaults_hold(file):
    config = load_config()
    assert (config.runbook, config.theme, config.lang, config.bell) == ("facility-prod", "auto", None, True)
    assert (config.intervals.alarms, config.intervals.metrics, config.intervals.logs) == (60, 60, 5)


def test_flags_over_environment_over_file(file, monkeypatch):
    write(file, 'theme = "dark"\nlang = "ja"\nprofile = "file"\n[intervals]\nalarms = 90\nlogs = 3\n')
    monkeypatch.setenv("TOBAN_LANG", "en")
    monkeypatch.setenv("TOBAN_PROFILE", "environment")
    monkeypatch.setenv("TOBAN_INTERVALS__ALARMS", "120")
    monkeypatch.setenv("TOBAN_LOG_GROUPS", "/a, /b")
    monkeypatch.setenv("TOBAN_BELL", "false")
    result = effective(StartOptions(profile="flag"))
    config = result.config
    assert (config.theme, config.lang, config.profile) == ("dark", "en", "flag")
    assert (config.intervals.alarms, config.intervals.logs, config.intervals.metrics) == (120, 3, 60)
    assert (config.log_groups, config.bell) == (("/a", "/b"), False)
    assert result.origins == {
        "theme": f"{file}:1",
        "lang": "TOBAN_LANG",
        "profile": "--profile",
        "intervals.alarms": "TOBAN_INTERVALS__ALARMS",
        "intervals.logs": f"{file}:6",
        "log_groups": "TOBAN_LOG_GROUPS",
        "bell": "TOBAN_BELL",
    }


def test_every_mistake_in_the_file_is_named(file):
    write(file, 'theme = "pink"\nthem = "dark"\n\n[intervals]\nalarms = 5\nlogs = 1\n[keys]\nqit = "x"\n')
    assert refusals() == [
        f"{file}:1: theme: must be one of auto, dark, light, 16, 16-light (found 'pink')",
        f'{file}:2: them: unknown key: did you mean "theme"?',
        f"{file}:5: intervals.alarms: must be 60 or more (found 5)",
        f"{file}:6: intervals.logs: must be 2 or more (found 1)",
    ]
    write(file, '[keys]\nqit = "x"\nquit = "ctr+q"\n')
    assert refusals() == [
        f'{file}:2: keys.qit: "qit" does not exist: did you mean "quit"?',
        f'{file}:3: keys.quit: "ctr+q" is not a key: write it as ctrl+r, f5, question_mark or ?',
    ]
    write(file, "theme = \n")
    [message] = refusals()
    assert message.startswith(f"{file}:1: not TOML: Invalid value; correct this")


def test_mistakes_name_the_variable_or_the_flag(file, monkeypatch):
    monkeypatch.setenv("TOBAN_THEM", "dark")
    monkeypatch.setenv("TOBAN_INTERVALS__LOGS", "soon")
    messages = refusals(StartOptions(lang="fr"))
    assert "environment: TOBAN_INTERVALS__LOGS: must be a number (found 'soon')" in messages
    assert "command line: --lang: must be one of ja, en (found 'fr')" in messages
    monkeypatch.delenv("TOBAN_INTERVALS__LOGS")
    assert 'environment: TOBAN_THEM: unknown variable: did you mean "TOBAN_THEME"?' in refusals()
    monkeypatch.delenv("TOBAN_THEM")
    monkeypatch.setenv("TOBAN_ZZZZ", "1")
    assert "TOBAN_ARM_MINUTES, TOBAN_BELL, TOBAN_CONFIG" in refusals()[0]


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_refused(file, mode):
    write(file, 'theme = "dark"\n')
    file.chmod(mode)
    assert refusals() == [f"{file}: others may write it: run chmod go-w on it"]


def test_a_file_of_another_user_is_refused(file, monkeypatch):
    write(file, 'theme = "dark"\n')
    if os.geteuid() == 0:
        os.chown(file, 12345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert refusals() == [f"{file}: belongs to another user: refused"]


def test_a_named_file_must_exist_and_the_usual_one_need_not(file):
    assert load_config().theme == "auto"
    assert refusals(StartOptions(config=str(file))) == [f"{file}: there is no such file"]


def test_a_runbook_named_in_the_file_is_beside_the_file(file):
    write(file, 'runbook = "books/other.toml"\n')
    assert load_config().runbook == str(file.parent / "books/other.toml")
    write(file, 'runbook = "facility-prod"\n')
    assert load_config().runbook == "facility-prod"


def test_the_usual_place(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_path({}) == tmp_path / "toban" / "config.toml"


def test_every_setting_is_described():
    assert all(isinstance(each, Setting) and each.text for each in settings())
    assert all(f"| `{each.key}` |" in describe() for each in settings())


def test_keys_that_exist_and_do_not_collide(file):
    write(file, '[keys]\nquit = "f10,ctrl+x"\nhelp = "?"\n')
    assert load_config().keys == {"quit": "f10,ctrl+x", "help": "question_mark"}
    assert not list(key_mistakes({}))


def test_colliding_keys_are_named():
    assert list(key_mistakes({"zoom": "a"})) == [("zoom", '"a" already belongs to focus-alarms')]
    assert list(key_mistakes({"quit": "1"})) == [("quit", '"1" already belongs to mode watch')]
    assert list(key_mistakes({"zoom": "f7", "quit": "f7"})) == [("zoom", '"f7" already belongs to quit')]
    assert not list(key_mistakes({"focus-alarms": "z", "zoom": "a"}))
    assert list(key_mistakes({"quit": ""})) == [("quit", "a key is missing")]


@given(
    st.dictionaries(
        st.sampled_from([each.id for each in COMMANDS]) | st.text(max_size=5), st.text(max_size=8), max_size=4
    )
)
def test_any_keys_are_accepted_or_explained(keys):
    named = {command for command, mistake in key_mistakes(keys) if mistake}
    for command in keys.keys() - named:
        assert textual_keys(keys[command])


ROLE = "arn:aws:iam::123456789012:role/ops/TobanWrite"
DEVICE = "arn:aws:iam::123456789012:mfa/tanaka"


def test_the_role_for_writing(file, monkeypatch):
    assert load_config().arming.role_arn is None
    write(file, f'[arming]\nrole_arn = "{ROLE}"\nmfa_serial = "GAHT12345678"\n')
    monkeypatch.setenv("TOBAN_ARMING__MFA_SERIAL", DEVICE)
    arming = load_config().arming
    assert (arming.role_arn, arming.mfa_serial) == (ROLE, DEVICE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('role_arn = "TobanWrite"', "config.toml:2: arming.role_arn: must be the ARN of a role"),
        (f'role_arn = "{DEVICE}"', "config.toml:2: arming.role_arn: must be the ARN of a role"),
        (
            f'role_arn = "{ROLE}"\nmfa_serial = "my phone"',
            "config.toml:3: arming.mfa_serial: must be the ARN",
        ),
        (f'mfa_serial = "{DEVICE}"', "arming: mfa_serial needs role_arn"),
        ('role = "x"', "arming.role: "),
    ],
)
def test_mistakes_of_the_role_for_writing(file, text, words):
    write(file, f"[arming]\n{text}\n")
    (refusal,) = refusals()
    assert words in refusal
