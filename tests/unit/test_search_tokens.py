"""Texts as search sees them."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import ProductStatus
from services.catalog.index_entry import title_key
from services.catalog.keys import VALUE_BITS, Kind, bounds, list_id, term_id
from services.catalog.tokens import as_text, fold, indexed_tokens, tokens
from services.finding.rules import MOST_WORDS, words_of

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=40)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Café-CRÈME", "cafe creme"),
        ("Straße ﬁne Ⅷ ½", "strasse fine viii 1 2"),
        ("Øl Łódź Æsir İstanbul ısı", "ol lodz aesir istanbul isi"),
        ("ＡＢＣ１２３", "abc123"),
        ("women's l'été 80’s", "womens l ete 80s"),
        ("100% wool_cap 12.5cm", "100 wool cap 12 5cm"),
        ("纯棉短袖，衬衫", "纯棉短袖 衬衫"),
        ("iPhone手机壳Pro", "iphone 手机壳 pro"),
        ("パン ガード ﾊﾟﾝ", "パン ガード パン"),
        ("서울 हिन्दी", "서울 हिन्दी"),
        ("Ἑλλάς Ёлка", "ελλασ елка"),
        ("🎉 !?_% \u0000 \u0301", ""),
    ],
)
def test_words(text: str, words: str) -> None:
    assert as_text(tokens(text)).strip() == words


def test_compounds_are_indexed_in_one_word_too() -> None:
    assert [token.text for token in indexed_tokens("T-Shirt, hi‑fi-set")] == [
        *("t", "shirt", "hi", "fi", "set"),
        *("tshirt", "hifiset"),
    ]


@given(ANYTHING)
def test_any_text_is_folded_once_and_for_all(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    words = as_text(tokens(text))
    assert as_text(tokens(words)) == words
    words.encode()


@given(ANYTHING)
def test_any_title_has_a_key_that_a_database_keeps(title: str) -> None:
    assert len(title_key(title)) <= 64
    title_key(title.replace("\ud800", "")).encode("utf-8", "surrogatepass")


def test_words_of_a_search_are_few_and_each_once() -> None:
    assert [word.text for word in words_of("shirt Shirt SHIRTS")] == ["shirt", "shirts"]
    assert len(words_of(" ".join(map(str, range(100))))) == MOST_WORDS
    assert words_of("%_ 🎉") == ()


def test_what_leads_to_a_word() -> None:
    [long, short, run, char] = words_of("cotton wool 纯棉短袖衬衫 红")
    assert (long.leads, long.is_plain, long.start, long.in_body) == (("cotto",), False, b" cotton", b" cotton")
    assert (short.leads, short.is_plain, short.start, short.in_body) == (("wool",), True, b" wool", b" wool ")
    assert (run.leads, run.is_plain) == (("纯棉", "短袖", "衬衫"), False)
    assert run.start == run.whole == run.in_body == "纯棉短袖衬衫".encode()
    assert (char.leads, char.is_plain, char.in_body) == (("红",), True, " 红 ".encode())


def test_numbers_of_lists() -> None:
    published, draft = ProductStatus.PUBLISHED, ProductStatus.DRAFT
    assert list_id(published, Kind.TAG, " New  Arrivals") == list_id(published, Kind.TAG, "new ARRIVALS")
    different = {
        list_id(status, kind, value)
        for status in ProductStatus
        for kind in Kind
        for value in ("", "a", "á", UUID(int=7).hex)
    }
    assert len(different) == 3 * 6 * 4
    assert list_id(published, Kind.TAG, "a") == list_id(draft, Kind.TAG, "a") & VALUE_BITS
    low, high = bounds(draft, Kind.VENDOR)
    assert low < list_id(draft, Kind.VENDOR, "x") < high < 2**63
    assert 0 <= term_id(published, "shirt") != term_id(draft, "shirt") < 2**63
