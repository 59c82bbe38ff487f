import pytest

from services import i18n
from tests.widgets.log_gallery import LogGallery, drawn

SHOWN = [("json", "ja"), ("postgresql", "ja"), ("waf", "en"), ("merged", "ja"), ("query", "en")]


@pytest.mark.parametrize(("page", "language"), SHOWN)
def test_snapshot(snap_compare, page, language):
    i18n.use(language)
    assert snap_compare(LogGallery(page), terminal_size=(120, 24), run_before=drawn)
