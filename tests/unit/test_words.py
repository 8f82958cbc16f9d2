import pytest

from models.words import LONGEST, fold, wanted_words, without_markup, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Café CRÈME", "cafe creme"),
        ("Straße", "strasse"),
        ("Ærø Łódź", "aero lodz"),
        ("ＣＡＦＥ①", "cafe1"),
        ("İstanbul ılık", "istanbul ilik"),
        ("Ёлка", "елка"),
        ("がぎ", "がぎ"),
        ("한국어", "한국어"),
    ],
)
def test_case_and_accents_are_folded_and_other_scripts_left(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_words_of_a_text() -> None:
    assert list(words("Men's T-shirt, 防水外套 2XL")) == [
        "mens", "t", "shirt", "防", "水", "外", "套", "防水", "水外", "外套", "2xl",
    ]  # fmt: skip
    assert list(words("T恤")) == ["t", "恤"]
    assert list(words("a" * 50)) == ["a" * LONGEST]
    assert list(words("\0%_!?🛒")) == []


def test_words_that_are_searched_for() -> None:
    assert wanted_words("防水 shirt SHIRT 套") == ["防水", "shirt", "套"]
    assert wanted_words("防水外套") == ["防水", "水外", "外套"]
    assert wanted_words(" ... ") == []


def test_markup_is_no_word() -> None:
    assert list(words(without_markup("<p class='x'>soft<br/>wool</p>"))) == ["soft", "wool"]
