import pytest

from services.runbook.loader import RunbookError, load
from tests.services.runbook import small

PLAYBOOK = '[[playbooks]]\nid = "p"\ntitle = "p"\n'
TEAM = '[[contacts]]\nrole = "dev"\ncontact = "2345"\n'


def steps(step, more=""):
    return f"{TEAM}{PLAYBOOK}{more}steps = [{{ text = 'x', {step} }}]\n"


def procedure(step):
    return f'{TEAM}[[procedures]]\nid = "q"\ntitle = "q"\nsteps = [{{ text = "x", {step} }}]\n'


def cause(more, id="cache-full"):
    return f'[[causes]]\nid = "{id}"\ntitle = "x"\nen.title = "y"\n{more}\n'


def on_duty(person, starts, ends):
    return f'[[roster]]\nperson = "{person}"\nstarts = {starts}\nends = {ends}\ncontact = "1"\n'


@pytest.mark.parametrize(
    "text",
    [
        steps("look = 'tail'"),
        steps("kind = 'look', look = 'ecs'"),
        steps("kind = 'wait', minutes = 5"),
        steps("kind = 'wait'", "wait_minutes = 5\n"),
        steps("kind = 'tell', to = 'dev'"),
        steps("kind = 'tell'", "escalate_to = 'dev'\n"),
        steps("kind = 'decide'"),
        steps("kind = 'change', look = 'desired-count'"),
        procedure("kind = 'wait', minutes = 5"),
        PLAYBOOK + 'weighs = ["no-target"]\nfindings = ["sign-ins"]\n',
        '[weights.no-target]\nprior = 3\npresent = { no-target-503 = 9 }\n',
        cause('applies_to = ["AWS/ElastiCache"]\npresent = { own-write = 8 }\nprior = 3\nexplains = ["slow-targets"]'),
        PLAYBOOK + 'weighs = ["cache-full"]\n' + cause('applies_to = ["p"]\nplaybooks = ["p"]\nlook = "tail"'),
        on_duty("a", "2026-01-01", "2026-01-07") + on_duty("b", "2026-01-08", "2026-01-08"),
    ],
)  # fmt: skip
def test_what_is_right_loads(text):
    assert small.mistakes(text) == {}


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (steps("kind = 'look'"), "playbooks[0].steps[0].kind", "needs look"),
        (steps("kind = 'change'"), "playbooks[0].steps[0].kind", "id of a change"),
        (steps("kind = 'change', look = 'ecs'"), "playbooks[0].steps[0].kind", "id of a change"),
        (steps("kind = 'wait'"), "playbooks[0].steps[0].kind", "minutes"),
        (steps("kind = 'tell'"), "playbooks[0].steps[0].kind", "escalate_to"),
        (steps("kind = 'told'"), "playbooks[0].steps[0].kind", "tell"),
        (steps("kind = 'tell', to = 'Dev'"), "playbooks[0].steps[0].to", "dev"),
        (steps("kind = 'decide', to = 'dev'"), "playbooks[0].steps[0].to", 'kind = "tell"'),
        (steps("look = 'tial'"), "playbooks[0].steps[0].look", "tail"),
        (steps("kind = 'wait', minutes = 0"), "playbooks[0].steps[0].minutes", ""),
        (steps("kind = 'look', look = 'ecs', minutes = 5"), "playbooks[0].steps[0].minutes", "wait"),
        (procedure("kind = 'wait'"), "procedures[0].steps[0].kind", "minutes"),
        (procedure("kind = 'tell', to = 'nobody'"), "procedures[0].steps[0].to", "nobody"),
        (procedure("kind = 'change'"), "procedures[0].steps[0].kind", "id of a change"),
        (PLAYBOOK + 'weighs = ["no-targets"]\n', "playbooks[0].weighs[0]", "no-target"),
        (PLAYBOOK + 'findings = ["sign-in"]\n', "playbooks[0].findings[0]", "sign-ins"),
        (
            PLAYBOOK + "causes = [{ cause = 'x', action = 'y', ids = ['task-crashes'] }]\n",
            "playbooks[0].causes[0].ids[0]",
            "task-crash",
        ),
        ("[weights.no-targets]\nprior = 3\n", "weights.no-targets", "no-target"),
        ("[weights.no-target]\npresent = { no-target-504 = 9 }\n", "weights.no-target.present.no-target-504", ""),
        ("[weights.no-target]\nabsent = { x = -1 }\n", "weights.no-target.absent.x", ""),
        ('[weights.no-target]\nprior = "high"\n', "weights.no-target.prior", ""),
        ("[weights.no-target]\nprior = 2.5\n", "weights.no-target.prior", ""),
        ("[weights.no-target]\nprior = nan\n", "weights.no-target.prior", ""),
        ('[weights.no-target]\npresent = { elb-share = "8" }\n', "weights.no-target.present.elb-share", ""),
        ("[weights.no-target]\npresnt = { elb-share = 8 }\n", "weights.no-target.presnt", "present"),
        (cause("", "no-target"), "causes[0].id", "[weights.no-target]"),
        (cause("") + cause(""), "causes[1].id", "same id"),
        (cause("present = { own-writes = 3 }"), "causes[0].present.own-writes", "own-write"),
        (cause("absent = { x = 3 }"), "causes[0].absent.x", ""),
        (cause('requires = ["alarm-together"]'), "causes[0].requires[0]", "alarms-together"),
        (cause('explains = ["slow-target"]'), "causes[0].explains[0]", "slow-targets"),
        (cause('applies_to = ["ElastiCache"]'), "causes[0].applies_to[0]", "AWS/ElastiCache"),
        (cause('playbooks = ["q"]'), "causes[0].playbooks[0]", "q"),
        (cause('look = "tial"'), "causes[0].look", "tail"),
        (cause("prior = 2.5"), "causes[0].prior", "whole"),
        (PLAYBOOK + 'weighs = ["cache-ful"]\n' + cause(""), "playbooks[0].weighs[0]", "cache-full"),
        ("[weights.cache-full]\nprior = 3\n" + cause(""), "weights.cache-full", ""),
        (on_duty("a", "2026-01-07", "2026-01-01"), "roster[0].ends", "before"),
        (on_duty("a", '"tomorrow"', "2026-01-01"), "roster[0].starts", ""),
        (
            on_duty("a", "2026-01-01", "2026-01-07") + on_duty("b", "2026-01-07", "2026-01-09"),
            "roster[1].starts",
            "overlaps with a",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_named(text, key, words, tmp_path):
    messages = small.mistakes(text)
    assert list(messages) == [key]
    assert words in messages[key]
    file = tmp_path / "runbook.toml"
    file.write_text(small.SYSTEM + text)
    with pytest.raises(RunbookError) as caught:
        load(file)
    (mistake,) = caught.value.mistakes
    assert mistake.line is not None
    assert mistake.line > len(small.SYSTEM.splitlines())
    assert str(file) in str(caught.value)


def test_everybody_who_is_on_duty_twice_is_named():
    # One long entry may overlap with several others, which do not follow each other.
    text = (
        on_duty("a", "2026-01-01", "2026-01-31")
        + on_duty("b", "2026-01-02", "2026-01-03")
        + on_duty("c", "2026-01-10", "2026-01-12")
        + on_duty("d", "2026-02-01", "2026-02-02")
    )
    assert list(small.mistakes(text)) == ["roster[1].starts", "roster[2].starts"]
