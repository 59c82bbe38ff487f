from services.models.base import Clean
from services.models.runbook_texts import TitleTexts
from services.models.runbook_types import Slug
from services.models.translated import Translated


class MaskPattern(Translated):
    """A kind of personal data or secret of this system, e.g. a resident's number."""

    id: Slug
    """Its kind in counts, e.g. `resident-number`; the console's own kinds are taken."""
    title: Clean
    """Its name for display."""
    pattern: str
    """A regular expression that does not match the empty text. A text on which it takes too long is masked whole."""
    en: TitleTexts = TitleTexts.model_construct()
    """English versions of its texts."""
