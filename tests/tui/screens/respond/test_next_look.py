import pytest
from rich.cells import cell_len

from services import i18n
from services.i18n import _
from services.incidents.signals.registry import SIGNALS
from services.models.causes import NextLook
from tests.widgets import incident_data as data
from tui import messages
from tui.places import Destination
from tui.screens.respond.incident import NextLooks

LOOK = NextLook(signal="db-cpu-low", title="The database's CPU stayed low", difference=6, look="dashboard")
LINE = 78  # Cells of the message line at 80 columns
PLACE = Destination("Dashboard", messages.OpenWidget(""))


def test_the_first_key_reads_again_and_the_second_leads_away():
    looks = NextLooks()
    assert not looks.leads_away(LOOK, PLACE)
    assessment = data.view().assessment
    view = data.view(assessment=assessment.model_copy(update={"next_look": LOOK}))
    assert "i again opens Dashboard." in looks.after_reading(LOOK, PLACE, view)
    assert looks.leads_away(LOOK, PLACE)
    other = LOOK.model_copy(update={"signal": "elb-504"})
    assert not looks.leads_away(other, PLACE)


def test_a_look_that_was_made_or_has_no_place_is_told():
    looks = NextLooks()
    assessment = data.view().assessment
    read_view = data.view(assessment=assessment.model_copy(update={"next_look": None}))
    assert "weighed anew" in looks.after_reading(LOOK, PLACE, read_view)
    unread_view = data.view(assessment=assessment.model_copy(update={"next_look": LOOK}))
    assert looks.after_reading(LOOK, None, unread_view).startswith("It cannot be seen yet:")
    assert not looks.leads_away(LOOK, None)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_message_fits_a_line_of_80_cells(language):
    # With every signal that can be looked at and the longest place that the demo's dashboard has.
    i18n.use(language)
    assessment = data.view().assessment
    place = Destination(_("Dashboard: {title}").format(title="ECS CPU & Memory"), messages.OpenWidget(""))
    for spec in SIGNALS:
        look = LOOK.model_copy(update={"signal": spec.id, "title": _(spec.title)})
        unread = data.view(assessment=assessment.model_copy(update={"next_look": look}))
        read = data.view(assessment=assessment.model_copy(update={"next_look": None}))
        assert cell_len(NextLooks().after_reading(look, place, unread)) <= LINE
        for text in (
            NextLooks().after_reading(look, None, unread),
            NextLooks().after_reading(look, place, read),
        ):
            assert text.endswith(look.title), (
                "only the end of the name, which stands on the screen, is ever cut"
            )
            assert cell_len(text.removesuffix(look.title)) <= LINE // 2
