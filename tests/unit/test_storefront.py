"""What `rushcart dev --storefront` makes of the settings."""

from pathlib import Path

import click
import pytest

from cli.shared.storefront import StorefrontUrl, for_storefront
from settings import Settings

PAGE = "http://localhost:5173"


def test_what_the_server_is_told_of_a_storefront(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    told = for_storefront(settings, PAGE, "http://127.0.0.1:8000")
    # By the other name it is told why its cookies are dropped.
    either = (PAGE, "http://127.0.0.1:5173")
    assert (told.shop.storefront_url, told.cors_origins, told.sign_in.session_cookies) == (PAGE, either, True)
    # One name for both: browsers make two sites of two.
    assert told.public_url == "http://localhost:8000"
    by_number = for_storefront(settings, "http://127.0.0.1:5173", "http://127.0.0.1:8000")
    assert by_number.public_url == "http://127.0.0.1:8000"
    own = settings.model_copy(
        update={"public_url": "https://api.shop.test", "cors_origins": ("https://a.test", PAGE)}
    )
    kept = for_storefront(own, PAGE, "http://127.0.0.1:8000")
    assert (kept.public_url, kept.cors_origins) == ("https://api.shop.test", ("https://a.test", *either))
    elsewhere = for_storefront(settings, "https://shop.test", "http://127.0.0.1:8000")
    assert elsewhere.cors_origins == ("https://shop.test",)


@pytest.mark.parametrize(
    "text", ["localhost:5173", "http://localhost:5173/a", "ftp://localhost", "http://a b", ""]
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no origin"):
        StorefrontUrl().convert(text, None, None)


def test_an_origin_is_taken_with_a_slash_behind() -> None:
    assert StorefrontUrl().convert("http://Localhost:5173/", None, None) == PAGE
