import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.changes.cache_invalidation.paths import LONGEST, read_path, read_paths
from services.demo.cloudfront import _PATH as TAKEN

CHARACTERS = st.text(
    alphabet=st.characters(exclude_categories=()) | st.sampled_from("/*%#?.あ／＊ \t~[]"), max_size=30
)
LETTERS = st.text(alphabet="abcXYZ019-._/?=&", max_size=20)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("/", "/"),
        ("/*", "/*"),
        ("/index.html", "/index.html"),
        ("/Index.HTML", "/Index.HTML"),
        ("/images/*", "/images/*"),
        ("/images/logo.*", "/images/logo.*"),
        ("/images/a.jpg?size=1&x=a", "/images/a.jpg?size=1&x=a"),
        ("/利用案内.html", "/%E5%88%A9%E7%94%A8%E6%A1%88%E5%86%85.html"),
        ("/a%20b", "/a%20b"),
        ("/%E5%88%A9", "/%E5%88%A9"),
        ("/a[1]~", "/a%5B1%5D%7E"),
        ("/100%25", "/100%25"),
    ],
)
def test_paths_that_are_sent(typed, sent):
    assert read_path(typed) == (sent, "")


@pytest.mark.parametrize(
    ("typed", "instead"),
    [
        ("index.html", "/index.html"),
        ("／index.html", "/index.html"),
        ("https://facility.city.example.jp/a/b?x=1#top", "/a/b?x=1"),
        ("https://facility.city.example.jp", "path: /"),
        ("/*/index.html", "/*, which"),
        ("/static/js/main.*.js", "/static/js/main.*"),
        ("/a#b", "/a"),
        ("/100%", "%25"),
        ("/%41bc", "Write A itself"),
        ("/a%2Fb", "Write / itself"),
        ("/a＊", "/a*"),
        ("/a/**", "/a/*"),
        ("/a\x07", "control character"),
        ("/" + "a" * LONGEST, "end it earlier"),
        ("/" + "あ" * 500, "4,501"),
    ],
)
def test_paths_that_are_refused_say_what_to_do(typed, instead):
    path, refusal = read_path(typed)
    assert path == ""
    assert instead in refusal


def test_the_runbooks_own_mistake_is_explained():
    (refusal,) = read_paths("/index.html /static/js/main.*.js").refusals
    assert "matches no file" in refusal
    assert "/index.html" in refusal
    assert "Files with a hash in their name need no invalidation" in refusal


@given(CHARACTERS)
def test_whatever_is_typed_is_refused_in_words_or_is_a_path(typed):
    read = read_paths(typed)
    assert bool(read.paths) or bool(read.refusals)
    for path in read.paths:
        assert TAKEN.fullmatch(path)
        assert len(path) <= LONGEST
        assert "*" not in path[:-1]
    for refusal in read.refusals:
        assert not re.search(r"[\x00-\x1f\x7f]", refusal)


@given(CHARACTERS)
def test_a_sent_path_is_sent_as_it_is_when_it_is_typed_again(typed):
    paths = read_paths(typed).paths
    assert read_paths(" ".join(paths)).paths == paths


@given(LETTERS, st.booleans())
def test_safe_ascii_is_sent_as_typed(text, wildcard):
    typed = f"/{text}" + ("*" if wildcard else "")
    assert read_path(typed) == (typed, "")


@given(st.text(alphabet="あいう漢字éß", min_size=1, max_size=20))
def test_text_beyond_ascii_is_encoded_as_utf_8(text):
    path, refusal = read_path(f"/{text}")
    assert refusal == ""
    assert path.isascii()
    assert unquote(path) == f"/{text}"


@given(st.lists(st.sampled_from(["/a", "/b", "/c*", "/"]), min_size=1, max_size=9))
def test_each_path_is_sent_once_in_the_order_typed(typed):
    assert read_paths("  ".join(typed)).paths == tuple(dict.fromkeys(typed))


def test_paths_that_another_one_covers():
    assert read_paths("/index.html /*").covered == ("/index.html",)
    assert read_paths("/a/b* /a/* /c").covered == ("/a/b*",)
    assert read_paths("/a* /b*").covered == ()


def test_limits_of_a_request():
    (refusal,) = read_paths(" ".join(f"/{number}*" for number in range(16))).refusals
    assert "at most 15" in refusal
    (refusal,) = read_paths(" ".join(f"/{number}" for number in range(3001))).refusals
    assert "at most 3,000" in refusal
    assert "at least one path" in read_paths(" \u3000").refusals[0]
