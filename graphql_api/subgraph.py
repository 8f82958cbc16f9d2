"""The schema as a subgraph of a larger graph has it: Apollo Federation 2.

See https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives. No type is
declared twice for it: what the specification wants beside the schema is written into its text.
"""

import re
from typing import Final

from resolvers.federation.types import ENTITIES

_LINK: Final = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.4", import: ["@key", "@shareable"])'
)
_MARKS: Final = {'@key(fields: "id")': ENTITIES, "@shareable": ("Money", "PageInfo")}
"""What is shareable others have too, and alike."""

_ACCESS: Final = "@access"
"""What ``@requires`` is called there: federation has one of its own, of another meaning."""


def subgraph_sdl(sdl: str) -> str:
    """Make of the schema's text that of the subgraph."""
    marked = sdl.replace("@requires", _ACCESS)
    for mark, names in _MARKS.items():
        head = rf"^(type (?:{'|'.join(names)}) [^{{]*){{$"
        marked, times = re.subn(head, rf"\g<1>{mark} {{", marked, flags=re.MULTILINE)
        assert times == len(names), f"each of {names} is a type of the schema"
    return f"{_LINK}\n\n{marked}"
