from tests.tools.readme import MISSING, mistakes, written


def test_the_tables_are_those_of_the_registries():
    assert list(mistakes()) == []


def test_what_a_person_wrote_is_kept_and_what_is_missing_is_marked():
    text = "<!-- table: inspections -->\n| `costs` | old title | what it says |\n<!-- end -->\n"
    table = written(text, "en")
    assert "| `costs` | Costs | what it says |" in table
    assert f"| `alarms` | Alarms | {MISSING} |" in table
    assert "old title" not in table
