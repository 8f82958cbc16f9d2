"""A document that may be at hand as JSON alone: who only hands it on neither reads nor writes it again."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import orjson


@dataclass(frozen=True, slots=True)
class ReadyDocument:
    """Base of frozen dataclasses that say how they are written and read.

    One that was made by ``ready`` is read when the first of its fields is asked for; nobody sees the difference.
    """

    at_hand: bytes | None = field(default=None, init=False, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        raise NotImplementedError

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Errors: KeyError, TypeError or ValueError when it is not such a document."""
        raise NotImplementedError

    @classmethod
    def ready(cls, encoded: bytes) -> Self:
        """Make it of what ``encoded`` returned; it has to be our own, for only who reads a field finds out."""
        made = object.__new__(cls)
        object.__setattr__(made, "at_hand", encoded)
        return made

    def written(self) -> "dict[str, Any] | orjson.Fragment":
        """Returns what orjson writes of it within another document."""
        return self.to_json() if self.at_hand is None else orjson.Fragment(self.at_hand)

    def encoded(self) -> bytes:
        return self.at_hand or orjson.dumps(self.to_json())

    if not TYPE_CHECKING:  # a field that a class does not have stays an error to mypy

        def __getattr__(self, name: str) -> object:
            """Fill the fields in when one is asked for that is not there yet."""
            if name not in type(self).__dataclass_fields__:
                raise AttributeError(name, name=name, obj=self)
            read = self.from_json(orjson.loads(self.at_hand))
            for one in type(self).__dataclass_fields__:
                if one != "at_hand":
                    object.__setattr__(self, one, getattr(read, one))
            return getattr(self, name)
