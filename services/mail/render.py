"""What mails say: plain files, one a kind and language, with ``$name`` for a value.

The first line is the subject, a blank line parts paragraphs, and a paragraph that is ``$link`` alone is a button
in the HTML, which is made from the same file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from models.enums import MailKind

_FOLDER = Path(__file__).parent / "templates"
LANGUAGES = ("en", "zh")
_LINK = "$link"


@dataclass(frozen=True, slots=True)
class Rendered:
    language: str
    subject: str
    text: str
    html: str


def language_of(locale: str) -> str:
    """Returns the language of ours that is nearest to a BCP 47 tag; English for all others."""
    primary = locale.partition("-")[0].lower()
    return primary if primary in LANGUAGES else LANGUAGES[0]


def render(kind: MailKind, locale: str, values: Mapping[str, str]) -> Rendered:
    """Render a template; values are put in once and never read as a template.

    Errors: KeyError when one is missing.
    """
    language = language_of(locale)
    subject, _, body = _read_template(f"{language}/{kind.value.lower()}.txt").partition("\n")
    paragraphs = [part.strip() for part in body.strip().split("\n\n")]
    title = Template(subject).substitute(values)
    return Rendered(
        language=language,
        subject=title,
        text="\n\n".join(Template(part).substitute(values) for part in paragraphs) + "\n",
        html=_html(language, title, paragraphs, {name: escape(value) for name, value in values.items()}),
    )


def _html(language: str, title: str, paragraphs: list[str], safe: Mapping[str, str]) -> str:
    """``safe`` is escaped already."""
    button = _read_template(f"{language}/button.txt").strip()
    parts = [
        f'<p><a class="button" href="{safe["link"]}">{escape(button)}</a></p>'
        if part == _LINK
        else f"<p>{Template(escape(part)).substitute(safe)}</p>"
        for part in paragraphs
    ]
    layout = Template(_read_template("layout.html"))
    return layout.substitute(language=language, title=escape(title), body="\n".join(parts))


@cache
def _read_template(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
