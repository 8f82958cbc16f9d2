import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.user.rules import InvalidEmail, normalise_email


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("ａｄａ@example.com", "ada@example.com"),
        ("a.b+tag@sub.example.co", "a.b+tag@sub.example.co"),
        ("jörg@münchen.example", "jörg@münchen.example"),
        ("o'hara@example.com", "o'hara@example.com"),
    ],
)
def test_one_spelling_for_each(typed: str, normal: str) -> None:
    assert normalise_email(typed) == normal


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@example",
        "ada@@example.com",
        "a b@example.com",
        "ada@-example.com",
        "ada@exa_mple-.com",
        ".ada@example.com",
        "a..b@example.com",
        "ada@example.com\r\nBcc: all@example.com",
        "ada\x00@example.com",
        "ada\u200b@example.com",
        "ada\ufe0f@example.com",
        "ada\u3164@example.com",
        "a" * 65 + "@example.com",
        "ada@" + "a" * 64 + ".com",
        "a@" + "b." * 130 + "com",
        "x" * 1_000_000,
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidEmail, match=r"^is (not an e-mail address|too long)$"):
        normalise_email(typed)


@given(st.emails() | st.text(max_size=60).map(lambda text: f"{text}@example.com"))
def test_normalising_again_changes_nothing(typed: str) -> None:
    try:
        normal = normalise_email(typed)
    except InvalidEmail:
        return
    assert normalise_email(normal) == normal
    assert normalise_email(normal.upper()) in (normal, normalise_email(normal.upper().lower()))
    assert len(normal) <= 254
