"""What compiled fields have in place of strawberry's resolvers: a method that is called, or an attribute that is
read."""

from collections.abc import Callable, Mapping
from functools import partial
from inspect import iscoroutinefunction
from operator import attrgetter
from typing import Any, NamedTuple

from graphql import GraphQLAbstractType, GraphQLLeafType, GraphQLResolveInfo, GraphQLTypeResolver, Undefined
from strawberry.types import Info
from strawberry.types.cast import get_strawberry_type_cast

from resolvers.shared.loaded import LOADING, Loading

Convert = Callable[[Any], Any]


class Argument(NamedTuple):
    """``may_be_empty``: an empty text is as if it were not given."""

    name: str
    python_name: str
    convert: Convert | None
    may_be_empty: bool


class Method:
    """The resolver of a field that is a method, or a function."""

    __slots__ = ("_arguments", "_call", "_info_name", "_make_info", "_takes_self", "loading", "waits")

    def __init__(
        self,
        call: Callable[..., Any],
        arguments: list[Argument],
        info_name: str | None,
        make_info: Callable[..., Info],
        *,
        takes_self: bool,
    ) -> None:
        self._call = call
        self._arguments = arguments
        self._info_name = info_name
        self._make_info = make_info
        self._takes_self = takes_self
        self.waits = iscoroutinefunction(call)
        self.loading: Loading | None = getattr(call, LOADING, None)

    @property
    def takes_info(self) -> bool:
        return self._info_name is not None

    def __call__(self, source: Any, raw: GraphQLResolveInfo[Any], **values: Any) -> Any:
        return self.bound(raw, values)(source)

    def bound(self, raw: GraphQLResolveInfo[Any] | None, values: Mapping[str, Any]) -> Callable[[Any], Any]:
        """Returns what is left to call for each source: arguments and info are the same for all. ``raw``: None for
        a resolver that takes no info."""
        given = self._given(raw, values)
        if not self._takes_self:
            return lambda _source: self._call(**given)
        return partial(self._call, **given) if given else self._call

    def info(self, raw: GraphQLResolveInfo[Any]) -> Info:
        return self._make_info(_raw_info=raw)

    def _given(self, raw: GraphQLResolveInfo[Any] | None, values: Mapping[str, Any]) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name, python_name, convert, may_be_empty in self._arguments:
            if name in values and ((value := values[name]) != "" or not may_be_empty):
                given[python_name] = value if convert is None or value is None else convert(value)
        if self._info_name is not None and raw is not None:
            given[self._info_name] = self.info(raw)
        return given


class Attribute:
    """The resolver of a field that is an attribute."""

    __slots__ = ("get",)

    def __init__(self, name: str) -> None:
        self.get = attrgetter(name)

    def __call__(self, source: Any, _info: GraphQLResolveInfo[Any]) -> Any:
        return self.get(source)


class LeafAttribute(Attribute):
    """The resolver of a scalar or enum that is an attribute; ``read`` also makes of it what the client is sent."""

    __slots__ = ("_nullable", "_shown")

    def __init__(self, name: str, leaf: GraphQLLeafType, *, nullable: bool) -> None:
        super().__init__(name)
        self._shown = leaf.coerce_output_value
        self._nullable = nullable

    def read(self, source: Any) -> Any:
        """Read a field; Undefined when it cannot be shown as it is: then graphql-core finds out what the error
        is."""
        try:
            value = self.get(source)
            if value is not None:
                shown = self._shown(value)
                return Undefined if shown is None else shown
        except Exception:
            return Undefined
        return None if self._nullable else Undefined


class ByClass:
    """What tells the type of a union's member: by its class, or as strawberry does."""

    __slots__ = ("_names", "_otherwise")

    def __init__(self, names: Mapping[type, str], otherwise: GraphQLTypeResolver) -> None:
        self._names = names
        self._otherwise = otherwise

    def name_of(self, value: Any) -> str | None:
        """Returns the name of the type, when the class alone tells it."""
        name = self._names.get(type(value))
        return name if name is not None and get_strawberry_type_cast(value) is None else None

    def __call__(self, value: Any, info: GraphQLResolveInfo[Any], type_: GraphQLAbstractType) -> Any:
        return self.name_of(value) or self._otherwise(value, info, type_)
