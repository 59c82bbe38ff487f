"""The key of the next look: the console reads AWS again first, then the key leads to the look's place."""

from services.models.causes import NextLook
from tests.widgets import incident_data as data
from tui import messages
from tui.places import Destination
from tui.screens.respond.next_look import NextLooks

LOOK = NextLook(signal="db-cpu-low", title="The database's CPU is low", difference=6, look="dashboard")
PLACE = Destination("Dashboard", messages.OpenWidget(""))


def test_the_first_key_reads_again_and_the_second_leads_away() -> None:
    looks = NextLooks()
    assert not looks.leads_away(LOOK, PLACE)
    assessment = data.view().assessment
    assert assessment is not None
    view = data.view(assessment=assessment.model_copy(update={"next_look": LOOK}))
    assert "i again opens Dashboard" in looks.after_reading(LOOK, PLACE, view)
    assert looks.leads_away(LOOK, PLACE)
    other = LOOK.model_copy(update={"signal": "elb-504"})
    assert not looks.leads_away(other, PLACE)


def test_a_look_that_was_made_or_has_no_place_is_told() -> None:
    looks = NextLooks()
    assessment = data.view().assessment
    assert assessment is not None
    read_view = data.view(assessment=assessment.model_copy(update={"next_look": None}))
    assert "weighed anew" in looks.after_reading(LOOK, PLACE, read_view)
    unread_view = data.view(assessment=assessment.model_copy(update={"next_look": LOOK}))
    assert looks.after_reading(LOOK, None, unread_view).endswith("it cannot be seen yet.")
    assert not looks.leads_away(LOOK, None)
