import subprocess

from hypothesis import given
from hypothesis import strategies as st

from services.aws_cli.quoting import quoted
from services.models.aws_cli import Variable
from services.models.text import UNSAFE, clean

WORDS = st.text(
    st.one_of(
        st.sampled_from("ab \t\n\r'\"\\$`!~=-#*?[](){}<>;&|%^\x1b\x07\x9b\u202e\u200b\u3164日本　"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    )
)


def read_by_bash(line):
    script = f"printf '%s\\0' {line}"
    done = subprocess.run(["bash", "-c", script], check=True, capture_output=True)
    return done.stdout.decode().split("\0")[:-1]


@given(st.lists(WORDS, min_size=1, max_size=8))
def test_a_shell_reads_the_words_back(words):
    line = " ".join(map(quoted, words))
    assert UNSAFE.search(line) is None
    assert read_by_bash(line) == words


def test_what_an_argument_cannot_contain_is_replaced():
    assert read_by_bash(quoted("a\0b\ud800")) == ["a\ufffdb\ufffd"]


def test_a_bare_word_has_no_quotes_and_an_equals_sign_at_the_start_has():
    assert quoted("AttributeKey=EventName,AttributeValue=x") == "AttributeKey=EventName,AttributeValue=x"
    assert quoted("=ls") == "'=ls'"
    assert quoted("~/x") == "'~/x'"
    assert quoted("") == "''"


def test_a_variable_is_expanded_inside_a_word():
    word = f"AttributeKey=EventName,AttributeValue={Variable('EVENT')}"
    line = quoted(word)
    assert read_by_bash(f"x; EVENT='a b'; printf '%s\\0' {line}")[1:] == [
        "AttributeKey=EventName,AttributeValue=a b"
    ]


def test_pasting_types_no_control_character():
    evil = "x\x1b[201~\nrm -rf /\n"
    line = quoted(evil)
    assert "\n" not in line
    assert clean(line) == line
    assert read_by_bash(line) == [evil]
