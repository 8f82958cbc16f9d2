"""What mails say: plain files, one a kind and language, with ``$name`` for a value.

The first line is the subject, a blank line parts paragraphs, and a paragraph that is ``$link`` alone is a button
in the HTML, which is made from the same file. A paragraph of nothing but values that are empty is left out.
Phrases, which not every mail of a kind has, are in one file a language. Where a kind has to be worded otherwise,
the value ``variant`` names the file: ``receipt_free.txt``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
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


def spoken_time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


@cache
def _phrases_in(language: str) -> Mapping[str, str]:
    lines = _read_template(f"{language}/phrases.txt").splitlines()
    return {name: text for name, _, text in (line.partition(" = ") for line in lines)}


def read_phrases(locale: str) -> Mapping[str, str]:
    """Read the phrases of the language nearest to the locale; whoever says one puts in its ``$value``."""
    return _phrases_in(language_of(locale))


def render(kind: MailKind, locale: str, values: Mapping[str, str]) -> Rendered:
    """Render a template; values are put in once and never read as a template.

    Errors: KeyError when one is missing.
    """
    language = language_of(locale)
    name = "_".join(filter(None, (kind.value.lower(), values.get("variant"))))
    subject, _, body = _read_template(f"{language}/{name}.txt").partition("\n")
    paragraphs = [part.strip() for part in body.strip().split("\n\n")]
    title = Template(subject).substitute(values)
    return Rendered(
        language=language,
        subject=title,
        text="\n\n".join(filter(None, (Template(part).substitute(values) for part in paragraphs))) + "\n",
        html=_html(language, title, paragraphs, {name: escape(value) for name, value in values.items()}),
    )


def _html(language: str, title: str, paragraphs: list[str], safe: Mapping[str, str]) -> str:
    """``safe`` is escaped already."""
    button = _read_template(f"{language}/button.txt").strip()
    parts = [
        f'<p><a class="button" href="{safe["link"]}">{escape(button)}</a></p>'
        if part == _LINK
        else f"<p>{said}</p>"
        for part in paragraphs
        if (said := Template(escape(part)).substitute(safe))
    ]
    layout = Template(_read_template("layout.html"))
    return layout.substitute(language=language, title=escape(title), body="\n".join(parts))


@cache
def _read_template(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
