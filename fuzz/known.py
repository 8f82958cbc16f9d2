"""What answers have told so far: ids, cursors, names. Operations made of it get past the first check."""

import random
from collections import defaultdict, deque
from typing import Any, Final

_KEPT: Final = 40
_WORDS: Final = frozenset({"sku", "slug", "code", "email", "number", "idempotencyKey", "name", "search", "title"})
_CURSORS: Final = frozenset({"cursor", "startCursor", "endCursor"})
_OF_A_LIST: Final = frozenset({"edges", "node", "pageInfo"})
_WIDEST: Final = 10


class Known:
    """``ids`` by the name of the type; ``words`` by the name of the field that had them, cursors by the list's."""

    def __init__(self) -> None:
        self.ids: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_KEPT))
        self.words: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_KEPT))
        self.cursors: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_KEPT))
        self.versions: deque[int] = deque(maxlen=_KEPT)

    def learn(self, found: object, list_name: str = "") -> None:
        """Take over what the ``data`` of an answer holds, aliases or not."""
        if isinstance(found, list):
            for item in found[:_WIDEST]:
                self.learn(item, list_name)
        if isinstance(found, dict):
            self._learn_object(found, list_name)

    def _learn_object(self, found: dict[str, Any], list_name: str) -> None:
        for alias, value in found.items():
            name = alias.partition("_")[0]
            if isinstance(value, str):
                self._learn_text(found, name, value, list_name)
            elif name == "version" and isinstance(value, int):
                self.versions.append(value)
            else:
                self.learn(value, list_name if name in _OF_A_LIST else name)

    def _learn_text(self, found: dict[str, Any], name: str, value: str, list_name: str) -> None:
        if name in _CURSORS:
            self.cursors[list_name].append(value)
        elif name == "id" and "__typename" in found:
            self.ids[found["__typename"]].append(value)
        elif name in _WORDS and "id" in found:  # an error's code is no code that a thing has
            self.words[name].append(value)

    def id_for(self, dice: random.Random, hint: str) -> str | None:
        """Returns an id of a type that ``hint`` names, at best by its last word, or of any; None without any."""
        own = hint.rpartition(" ")[2].lower().removesuffix("s").removesuffix("id")
        by_word = [name for name in self.ids if own and own in name.lower()]
        exact = [name for name in by_word if name.lower() == own]
        kinds = exact or by_word or [name for name in self.ids if name.lower() in hint.lower()] or list(self.ids)
        return dice.choice(self.ids[dice.choice(kinds)]) if kinds else None
