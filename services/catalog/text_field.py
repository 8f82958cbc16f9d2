"""The texts of a product: one table, from which checks, rows, changes and CSV files have them. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from services.catalog import rules
from services.shared.texts import line_problem, tax_class_problem, text_problem


@dataclass(frozen=True, slots=True)
class TextField:
    """``name`` in drafts, changes, documents and the database, ``path`` in inputs, ``column`` in CSV files.

    ``problem`` says what is wrong with a text, or None.
    """

    name: str
    path: tuple[str, ...]
    column: str
    problem: Callable[[str], str | None]
    is_trimmed: bool = True
    may_be_null: bool = False
    """Then an empty text is none."""

    def clean(self, text: str | None) -> str | None:
        """Returns the text as it is stored."""
        cleaned = (text or "").strip() if self.is_trimmed else text or ""
        return None if self.may_be_null and not cleaned else cleaned


TITLE: Final = TextField("title", ("title",), "Title", rules.title_problem)
DESCRIPTION: Final = TextField(
    "description", ("description",), "Body (HTML)", rules.description_problem, is_trimmed=False
)
VENDOR: Final = TextField("vendor", ("vendor",), "Vendor", partial(line_problem, maximum=rules.TITLE_LENGTH))
SEO_TITLE: Final = TextField(
    "seo_title",
    ("seo", "title"),
    "SEO Title",
    partial(line_problem, maximum=rules.SEO_TITLE_LENGTH),
    may_be_null=True,
)
SEO_DESCRIPTION: Final = TextField(
    "seo_description",
    ("seo", "description"),
    "SEO Description",
    partial(text_problem, maximum=rules.SEO_DESCRIPTION_LENGTH),
    may_be_null=True,
)
TAX_CLASS: Final = TextField("tax_class", ("taxClass",), "Tax Class", tax_class_problem, may_be_null=True)
TEXT_FIELDS: Final = (TITLE, DESCRIPTION, VENDOR, SEO_TITLE, SEO_DESCRIPTION, TAX_CLASS)


def texts_of(product: object) -> dict[str, str | None]:
    """Returns the texts of a draft as they are stored, by name."""
    return {field.name: field.clean(getattr(product, field.name)) for field in TEXT_FIELDS}
