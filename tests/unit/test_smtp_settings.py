"""The URL of the SMTP server."""

import pytest
from pydantic import SecretStr, ValidationError

from services.mail.smtp_mailer import SmtpServer
from settings import Settings


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost", SmtpServer("localhost", 587, False, "", "")),
        ("smtps://mail.test", SmtpServer("mail.test", 465, True, "", "")),
        ("smtp://a%40b:p%2Fw%3A@[::1]:2525", SmtpServer("::1", 2525, False, "a@b", "p/w:")),
    ],
)
def test_what_a_url_says(url: str, server: SmtpServer) -> None:
    settings = Settings(smtp_url=SecretStr(url))
    assert settings.smtp_url is not None
    assert SmtpServer.parse(settings.smtp_url.get_secret_value()) == server


@pytest.mark.parametrize(
    "url", ["http://x", "smtp://", "smtp:x", "smtp://u:s3cret@h:99999", "smtp://u:s3/cret@h", "x"]
)
def test_what_is_refused_is_not_repeated(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(smtp_url=SecretStr(url))
    [problem] = caught.value.errors()
    assert problem["loc"] == ("smtp_url",)
    assert "s3" not in problem["msg"]


def test_none_means_files() -> None:
    assert Settings(smtp_url="").smtp_url is None  # as the environment gives it
