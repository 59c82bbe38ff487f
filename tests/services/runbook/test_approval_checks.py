"""What `approves` may name, and which freezes are refused; where each mistake is."""

from importlib.resources import files

import pytest

from services import i18n
from services.changes.approvers import approver, scope_titles
from services.changes.registry import approval_scopes
from services.i18n import _
from services.runbook.loader import RunbookError, load_builtin, loads
from tests.services.runbook import small

PM = '[[approvers]]\nrole = "PM"\nname = "鈴木"\napproves = [{names}]\n'
FREEZE = '[[freezes]]\ntitle = "年度末処理"\nstarts = {starts}\nends = {ends}\n'


def approving(*names):
    return PM.format(names=", ".join(f'"{name}"' for name in names))


@pytest.mark.parametrize("scope", [*approval_scopes()])
def test_every_scope_is_named_by_its_id_and_by_its_sentence(scope):
    for name in filter(None, (scope, approval_scopes()[scope].sentence)):
        runbook = loads(small.SYSTEM + approving(name)).runbook
        role = approver(runbook, scope)
        assert role.role == "PM"
        for language in ("ja", "en"):
            i18n.use(language)
            assert scope_titles(role.approves) == (_(approval_scopes()[scope].title),)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("task-limit:rais", 'did you mean "task-limit:raise"?'),
        ("RDSインスタンスサイズの変更", 'did you mean "rds-class:change"?'),
        ("最大タスク数引上げ", 'did you mean "task-limit:raise"?'),
        ("Extend the RDS storage.", 'did you mean "rds-storage:extend"?'),
        ("何でも", "available: task-limit:raise"),
        ("", "available: task-limit:raise"),
    ],
)
def test_an_unknown_text_is_a_mistake_with_its_line(name, words):
    with pytest.raises(RunbookError) as caught:
        loads(small.SYSTEM + approving("rds-storage:extend", name), "our.toml")
    (mistake,) = caught.value.mistakes
    assert (mistake.file, mistake.key, mistake.line) == ("our.toml", "approvers[0].approves[1]", 11)
    assert words in mistake.message


def test_two_roles_for_one_scope():
    text = approving("task-limit:raise") + approving("最大タスク数の引き上げ").replace("PM", "課長")
    assert list(small.mistakes(text)) == ["approvers[1].approves[0]"]
    assert '"PM"' in small.mistakes(text)["approvers[1].approves[0]"]


@pytest.mark.parametrize(
    ("starts", "ends", "key"),
    [
        ("2027-03-29T00:00:00", "2027-04-02T08:30:00", ""),
        ("2027-03-29T00:00:00", "2027-03-29T00:00:00", "freezes[0].ends"),
        ("2027-03-29T00:00:00", "2027-03-28T23:59:59", "freezes[0].ends"),
        ("2027-03-29T00:00:00+09:00", "2027-04-02T08:30:00", "freezes[0].starts"),
        ("2027-03-29T00:00:00", "2027-04-02T08:30:00Z", "freezes[0].ends"),
    ],
)
def test_the_times_of_a_freeze(starts, ends, key):
    assert list(small.mistakes(FREEZE.format(starts=starts, ends=ends))) == ([key] if key else [])


@pytest.mark.parametrize(
    ("name", "is_valid"),
    [
        ("facility-prod-changes", True),
        ("arn:aws:ssm:ap-northeast-1:210987654321:document/city-changes", True),
        ("", False),
        ("変更カレンダー", False),
        ("arn:aws:ssm:ap-northeast-1:210987654321:parameter/city", False),
    ],
)
def test_the_name_of_the_change_calendar(name, is_valid):
    text = f'[change_calendar]\nname = "{name}"\n'
    assert list(small.mistakes(text)) == ([] if is_valid else ["change_calendar.name"])


def test_the_examples_of_the_shipped_runbook_are_valid():
    shipped = (files("services.runbook") / "facility-prod.toml").read_text("utf-8")
    start = shipped.index("# [[freezes]]")
    examples = "\n".join(
        line.removeprefix("# ")
        for line in shipped[start:].splitlines()
        if " = " in line or line.startswith("# [")
    )
    runbook = loads(shipped[:start] + examples).runbook
    assert [freeze.title for freeze in runbook.freezes] == ["Year-end closing"]
    assert runbook.change_calendar is not None


def test_the_shipped_runbook_names_ids():
    (pm,) = load_builtin("facility-prod").approvers
    # A restore drill interrupts nothing and is deleted again.
    assert set(pm.original("approves")) == set(approval_scopes()) - {"drill-restore:restore"}
    assert pm.english.model_dump()["approves"] == ()
