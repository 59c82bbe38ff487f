from services.i18n import N_
from services.models.text import clean
from widgets.logs.form.line_form import DRAWN_LIMIT, LineForm, LineParts


class PlainLines(LineForm):
    id = "plain"
    title = N_("Lines as they are")
    message_title = N_("message")
    never_columns = frozenset(["message"])

    def parse(self, text: str) -> LineParts | None:
        return LineParts(clean(text, DRAWN_LIMIT), {"message": text}, hidden=frozenset(["message"]))
