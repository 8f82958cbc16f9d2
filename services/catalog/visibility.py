"""Who may see what of the catalog. Pure."""

from typing import Protocol, TypeVar

from models.enums import Role, Scope
from services.shared.viewer import Viewer


class Shown(Protocol):
    """A document that says whether it is for everybody."""

    @property
    def is_public(self) -> bool: ...


S = TypeVar("S", bound=Shown)


def visible(viewer: Viewer | None, document: S | None) -> S | None:
    """The document, None when this viewer must not see it: drafts and what is archived are for staff."""
    if (
        document is None
        or document.is_public
        or (viewer is not None and viewer.may(Role.STAFF, Scope.CATALOG_READ))
    ):
        return document
    return None
