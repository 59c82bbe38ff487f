from widgets.drawing.lines import plain
from widgets.inputs.step_prompt import StepPrompt


def test_a_step_that_leads_nowhere_is_not_offered():
    prompt = StepPrompt()
    prompt.places = ("Logs", "", "Tasks")
    (line,) = plain(prompt.draw(80, 1))
    assert "1 Logs  3 Tasks" in line
