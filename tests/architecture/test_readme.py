from tests.tools.readme import mistakes


def test_the_tables_are_those_of_the_registries():
    assert list(mistakes()) == []
