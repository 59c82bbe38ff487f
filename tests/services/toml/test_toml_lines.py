import tomllib

from hypothesis import given
from hypothesis import strategies as st

from services.toml.positions import Path, dotted, key_lines, line_of

TEXT = '''# comment with [brackets] and = signs
version = 1
title = """
a [[not]] = table
"quoted" """ # end
path.to.key = 'x'

[system]
"odd key" = { a = 1, "b.c" = [1, { d = 2 }] }
many = [
  1, # one
  [2, 3],
  "]",
]

[[alarms]]
name = "one"
[[alarms.notes]]
text = 1
[[alarms.notes]]
text = 2
[alarms.extra]
deep.er = true

[[ alarms ]]
name = \'\'\'
three ' quotes\'\'\'
when = 2026-04-01
after = "a\\"b"
'''


def test_every_key_has_its_line():
    lines = key_lines(TEXT)
    expected: dict[Path, int] = {
        ("version",): 2,
        ("title",): 3,
        ("path",): 6,
        ("path", "to", "key"): 6,
        ("system",): 8,
        ("system", "odd key"): 9,
        ("system", "odd key", "b.c", 1, "d"): 9,
        ("system", "many", 0): 11,
        ("system", "many", 1, 1): 12,
        ("system", "many", 2): 13,
        ("alarms", 0): 16,
        ("alarms", 0, "notes", 1, "text"): 21,
        ("alarms", 0, "extra", "deep", "er"): 23,
        ("alarms", 1, "name"): 26,
        ("alarms", 1, "when"): 28,
        ("alarms", 1, "after"): 29,
    }
    assert {path: lines[path] for path in expected} == expected


def test_a_missing_key_is_shown_at_its_table():
    lines = key_lines(TEXT)
    assert line_of(lines, ("alarms", 1, "playbook")) == 25
    assert line_of(lines, ("nowhere",)) == 1


def test_windows_line_ends_count_as_one():
    assert key_lines("a = 1\r\n\r\n[b]\r\nc = 2\r\n")["b", "c"] == 4


def test_dotted():
    assert dotted(("duties", 2, "at", 0)) == "duties[2].at[0]"
    assert dotted(()) == ""


def leaves(value, path=()):
    if isinstance(value, dict):
        return [path, *(leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key)))]
    if isinstance(value, list):
        return [path, *(leaf for index, inner in enumerate(value) for leaf in leaves(inner, (*path, index)))]
    return [path]


names = st.text("ab-_9", min_size=1, max_size=3) | st.sampled_from(['"q k"', "'l.t'", '"é\\n"'])
scalars = st.sampled_from(
    [
        "1",
        "-1.5e3",
        "true",
        "2026-01-01",
        "12:00:00",
        '"x, ] } #"',
        "'lit # [x]'",
        '"""\nlong\n""x"""',
        "'''\nlong ''\n'''",
        '""',
        "''",
        '""""a"""""',
    ]
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda item: "[\n" + ",\n".join(item) + "]")
        | st.dictionaries(names, inner, max_size=3).map(
            lambda item: "{" + ", ".join(f"{k} = {v}" for k, v in item.items()) + "}"
        )
    ),
    max_leaves=6,
)
tables = st.tuples(
    st.sampled_from(["[{}]", "[[{}]]", "[ {} ]"]),
    st.lists(names, min_size=1, max_size=3),
    st.dictionaries(names, values, max_size=3),
)


@given(st.dictionaries(names, values, max_size=3), st.lists(tables, max_size=5))
def test_whatever_tomllib_accepts_has_a_line_for_every_value(top, parts):
    text = "".join(f"{key} = {value}\n" for key, value in top.items())
    for header, path, body in parts:
        text += (
            header.format(".".join(path))
            + " # note\n"
            + "".join(f"{key}= {value}\n" for key, value in body.items())
        )
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = key_lines(text)
    rows = text.split("\n")
    for leaf in leaves(data)[1:]:
        assert leaf in lines
        last = leaf[-1]
        if isinstance(last, str) and last.isascii() and last.isprintable():
            assert last in rows[lines[leaf] - 1]
