"""Tell what of the schema the generated code is made of: when that changes, it must be generated again."""

from collections.abc import Iterator
from pathlib import Path

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    NamedTypeNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    Visitor,
    build_schema,
    get_named_type,
    is_abstract_type,
    parse,
    print_ast,
    validate,
    visit,
)

HERE = Path(__file__).parent


class _Used(Visitor):
    """Collects the fields that are selected, and the types that they and the variables have."""

    def __init__(self, schema: GraphQLSchema, info: TypeInfo) -> None:
        super().__init__()
        self._schema = schema
        self._info = info
        self.fields: set[str] = set()
        self.types: dict[str, GraphQLNamedType] = {}

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent, definition = self._info.get_parent_type(), self._info.get_field_def()
        if parent and definition and not node.name.value.startswith("__"):
            self.fields.add(f"{parent.name}.{node.name.value}: {definition.type}")
            self._add(get_named_type(definition.type))

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: object) -> None:
        named = node.type
        while not isinstance(named, NamedTypeNode):
            named = named.type
        self._add(self._schema.type_map[named.name.value])

    def _add(self, type_: GraphQLNamedType) -> None:
        if type_.name not in self.types:
            self.types[type_.name] = type_
            for field in type_.fields.values() if isinstance(type_, GraphQLInputObjectType) else ():
                self._add(get_named_type(field.type))


def made_of(schema: GraphQLSchema, document: DocumentNode) -> Iterator[str]:
    """Yields a line for each field and argument, for the values of enums and the members of unions.

    Errors: ValueError for a document that is not of the schema.
    """
    for error in validate(schema, document):
        raise ValueError(error.message)
    info = TypeInfo(schema)
    used = _Used(schema, info)
    visit(document, TypeInfoVisitor(info, used))
    yield from sorted(used.fields)
    for name, type_ in sorted(used.types.items()):
        if isinstance(type_, GraphQLEnumType):
            yield f"enum {name}: {' '.join(type_.values)}"
        elif is_abstract_type(type_):
            yield f"{name}: {' '.join(one.name for one in schema.get_possible_types(type_))}"
        elif isinstance(type_, GraphQLInputObjectType):
            for field, one in type_.fields.items():
                default = "" if one.ast_node is None else print_ast(one.ast_node).partition("=")[2]
                yield f"{name}.{field}: {one.type}{default and ' =' + default}"


if __name__ == "__main__":
    sdl = (HERE.parents[1] / "schema.graphql").read_text(encoding="utf-8")
    queries = (HERE / "queries.graphql").read_text(encoding="utf-8")
    print("\n".join(made_of(build_schema(sdl), parse(queries))))
    print(f"\n{queries}", end="")
