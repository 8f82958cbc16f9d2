"""What mails say, in each language."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from uuid import UUID

import pytest

from infra.clock import from_millis
from models.enums import MailKind
from services.mail.mailer import Mail, mailable, to_bytes
from services.mail.render import LANGUAGES, language_of, read_phrases, render

VALUES = {
    "name": "Ada <b>&amp;</b> $link",
    "recipient": "ada@example.com",
    "link": "https://shop.test/verify-email#token=T&x=1",
    "expires": "2026-11-28 09:00 UTC",
    "provider": "Example ID",
    "number": "R-1",
    "url": "https://erp.example/hook",
    "reason": "answered 500",
    "lines": "1 × Shirt: 19.90 EUR",
    "sums": "Total: 19.90 EUR",
    "parcel": "Post",
    "back": "",
    "amount": "19.90 EUR",
}
WITH_TOKEN = {MailKind.VERIFY_EMAIL, MailKind.CHANGE_EMAIL, MailKind.RESET_PASSWORD, MailKind.LINK_IDENTITY}
WITH_LINK = {*WITH_TOKEN, MailKind.ORDER_PLACED, MailKind.ORDER_CHANGED}
CJK = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("kind", MailKind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_kind_is_there_in_each_language(kind: MailKind, language: str) -> None:
    mail = render(kind, language, VALUES)
    assert mail.language == language
    assert "\n" not in mail.subject
    assert bool(CJK.search(mail.subject)) == bool(CJK.search(mail.text)) == (language == "zh")
    assert mail.text.count(VALUES["link"]) == (kind in WITH_LINK)
    assert (VALUES["expires"] in mail.text) == (kind in WITH_LINK)
    assert "\n\n\n" not in mail.text
    assert "<p></p>" not in mail.html
    assert mail.html.count('href="https://shop.test/verify-email#token=T&amp;x=1"') == (kind in WITH_LINK)
    assert f'<html lang="{language}">' in mail.html
    assert f"<title>{mail.subject}</title>" in mail.html
    assert "$" not in mail.subject + mail.html.replace(escaped_name(), "")


def escaped_name() -> str:
    return "Ada &lt;b&gt;&amp;amp;&lt;/b&gt; $link"


def test_of_an_order_that_costs_nothing_nothing_was_received() -> None:
    free = VALUES | {"variant": "free", "amount": "0.00 EUR"}
    english, chinese = (render(MailKind.RECEIPT, language, free) for language in LANGUAGES)
    assert "order R-1. It costs nothing: there is nothing to pay.\n" in english.text
    assert "您的订单 R-1 无需付款。" in chinese.text
    assert "0.00" not in english.text + chinese.text
    assert "received 19.90 EUR" in render(MailKind.RECEIPT, "en", VALUES).text


def test_a_value_is_text_and_no_template() -> None:
    mail = render(MailKind.PASSWORD_CHANGED, "en", VALUES)
    assert "Hello Ada <b>&amp;</b> $link," in mail.text
    assert f"<p>Hello {escaped_name()},</p>" in mail.html


@pytest.mark.parametrize("kind", [MailKind.VERIFY_EMAIL, MailKind.CHANGE_EMAIL, MailKind.LINK_IDENTITY])
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_address_that_nobody_confirmed_gets_no_words_of_the_users(kind: MailKind, language: str) -> None:
    assert "Ada" not in render(kind, language, VALUES).text


@pytest.mark.parametrize(
    ("locale", "language"),
    [("en", "en"), ("zh", "zh"), ("zh-Hans", "zh"), ("ZH-tw", "zh"), ("de", "en"), ("", "en"), ("zha", "en")],
)
def test_the_nearest_language(locale: str, language: str) -> None:
    assert language_of(locale) == language


def test_a_message_says_who_and_when() -> None:
    rendered = render(MailKind.VERIFY_EMAIL, "zh", VALUES)
    at = from_millis(1_795_856_400_000)
    mail = Mail(UUID(int=7), "ada@bücher.example", "zh", rendered.subject, rendered.text, rendered.html, at)
    written = to_bytes(mail, "Rush <no-reply@shop.test>")
    assert written.isascii()
    assert max(map(len, written.split(b"\r\n"))) <= 78
    assert b"\n" not in written.replace(b"\r\n", b"")
    message = message_from_bytes(written, _class=EmailMessage, policy=SMTP)
    assert message.defects == []
    assert {name: message[name] for name in ("From", "To", "Subject", "Message-ID", "Auto-Submitted")} == {
        "From": "Rush <no-reply@shop.test>",
        "To": "ada@xn--bcher-kva.example",
        "Subject": "请确认您的邮箱地址",
        "Message-ID": f"<{UUID(int=7).hex}@shop.test>",
        "Auto-Submitted": "auto-generated",
    }
    assert message["Date"].datetime == at
    assert [
        (part.get_content_type(), part.get_content().replace("\r\n", "\n")) for part in message.iter_parts()
    ] == [
        ("text/plain", mail.text),
        ("text/html", mail.html),
    ]
    readable = to_bytes(mail, "Rush <no-reply@shop.test>", readable=True)
    assert readable.count("请确认".encode()) >= 3


def test_nothing_in_a_mail_adds_to_its_header() -> None:
    mail = Mail(
        UUID(int=7), "ada@shop.test", "en", "Hello\r\nBcc: eve@shop.test", "text\n", "html\n", from_millis(0)
    )
    with pytest.raises(ValueError, match="linefeed"):
        to_bytes(mail, "no-reply@shop.test")


def test_an_address_that_needs_utf8_keeps_its_local_part() -> None:
    assert mailable("åda@bücher.example") == "åda@xn--bcher-kva.example"
    assert mailable("ada@" + "x" * 70 + ".example") == "ada@" + "x" * 70 + ".example"


def test_what_may_be_said_can_be_said_in_each_language() -> None:
    english, chinese = (read_phrases(language) for language in LANGUAGES)
    assert english.keys() == chinese.keys()
    for said in (*english.values(), *chinese.values()):
        assert said.count("$value") == 1
    assert all(CJK.search(said) for said in chinese.values())


def test_a_paragraph_of_an_empty_value_is_left_out() -> None:
    cancelled = render(MailKind.ORDER_CANCELLED, "en", VALUES)
    assert cancelled.text.endswith(f"is cancelled.\n\n1 × Shirt: 19.90 EUR\n\n{VALUES['sums']}\n")
    back = render(MailKind.ORDER_CANCELLED, "en", VALUES | {"back": "We are giving back 19.90 EUR."})
    assert back.html.count("<p>") == cancelled.html.count("<p>") + 1
