from services.logs.marks import SavedMark, mark_entry
from services.logs.masking.of_runbook import masker_of
from services.runbook.loader import load_builtin

MARK = SavedMark(
    "/ecs/staff-api", 1_768_352_400_123, "s", "password=hunter2 here", "d", "ask\ntaro@example.co.jp"
)


def test_text_and_note_are_masked_and_what_recognises_the_line_stays():
    entry = mark_entry(MARK, masker_of(load_builtin("facility-prod")))
    assert (entry.data["line"], entry.data["note"], entry.data["digest"]) == (
        "password=*** here",
        "ask ***",
        "d",
    )
    assert entry.text == "ask *** — Marked in /ecs/staff-api: password=*** here"
    assert "hunter2" not in entry.model_dump_json()


def test_its_removal_is_masked_as_well():
    entry = mark_entry(MARK, masker_of(load_builtin("facility-prod")), removed=True)
    assert entry.data["removed"] is True
    assert "hunter2" not in entry.model_dump_json()
    assert "taro@" not in entry.model_dump_json()
