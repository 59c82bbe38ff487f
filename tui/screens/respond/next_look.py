"""次に見る: the look that tells most. The console reads AWS again first; what cannot be seen so is looked at in its place."""

from services.i18n import _
from services.models.causes import NextLook
from tui.places import Destination
from widgets.incidents.view import IncidentView


class NextLooks:
    """Remembers what AWS was read again for, so that the key leads to its place the next time."""

    def __init__(self) -> None:
        self._signal = ""
        """The signal for which AWS was read last; "" for none."""

    def leads_away(self, look: NextLook, place: Destination | None) -> bool:
        """Whether AWS was read for it already, and there is a place to look at."""
        return place is not None and self._signal == look.signal

    def after_reading(self, look: NextLook, place: Destination | None, view: IncidentView | None) -> str:
        """What to say once AWS was read again for a look; `view` is by the new reading."""
        self._signal = look.signal
        assessment = view.assessment if view is not None else None
        following = assessment.next_look if assessment is not None else None
        if following is None or following.signal != look.signal:
            return _("Read, and the causes are weighed anew: {signal}").format(signal=look.title)
        if place is None:
            return _("It cannot be seen yet: {signal}").format(signal=look.title)
        # The look stands on the screen already; with the place's name the message fits a line of 80 cells.
        return _("It cannot be seen yet; i again opens {place}.").format(place=place.title)
