"""What a schema says of itself: ``__schema``, ``__type`` and ``__typename``."""

import json

from .document import Definition, TypeRef
from .schema import Field, plain

#: Types of the introspection itself.
SDL = """
type __Schema {
  description: String
  types: [__Type!]!
  queryType: __Type!
  mutationType: __Type
  subscriptionType: __Type
  directives: [__Directive!]!
}
type __Type {
  kind: __TypeKind!
  name: String
  description: String
  specifiedByURL: String
  fields(includeDeprecated: Boolean = false): [__Field!]
  interfaces: [__Type!]
  possibleTypes: [__Type!]
  enumValues(includeDeprecated: Boolean = false): [__EnumValue!]
  inputFields(includeDeprecated: Boolean = false): [__InputValue!]
  ofType: __Type
}
type __Field {
  name: String!
  description: String
  args(includeDeprecated: Boolean = false): [__InputValue!]!
  type: __Type!
  isDeprecated: Boolean!
  deprecationReason: String
}
type __InputValue {
  name: String!
  description: String
  type: __Type!
  defaultValue: String
  isDeprecated: Boolean!
  deprecationReason: String
}
type __EnumValue {
  name: String!
  description: String
  isDeprecated: Boolean!
  deprecationReason: String
}
type __Directive {
  name: String!
  description: String
  isRepeatable: Boolean!
  locations: [__DirectiveLocation!]!
  args(includeDeprecated: Boolean = false): [__InputValue!]!
}
enum __TypeKind { SCALAR OBJECT INTERFACE UNION ENUM INPUT_OBJECT LIST NON_NULL }
enum __DirectiveLocation { FIELD FRAGMENT_SPREAD INLINE_FRAGMENT }
"""

TYPENAME = Field("__typename", TypeRef("String", is_required=True))
META_FIELDS = {
    "__schema": Field("__schema", TypeRef("__Schema", is_required=True)),
    "__type": Field(
        "__type",
        TypeRef("__Type"),
        {"name": Definition("name", TypeRef("String", is_required=True))},
    ),
}


class Introspection:
    """Resolves the fields above. :param Schema schema: that is described"""

    def __init__(self, schema):
        self.schema = schema

    def resolve(self, name, arguments):
        """:param str name: of one of :data:`META_FIELDS`; :return dict: or None"""
        if name == "__schema":
            return self._schema()
        kind = self.schema.types.get(arguments["name"])
        return self._named(kind) if kind else None

    def _schema(self):
        return {
            "types": [self._named(kind) for kind in self.schema.types.values()],
            "queryType": self._root("query"),
            "mutationType": self._root("mutation"),
            "directives": [
                {
                    "name": name,
                    "isRepeatable": False,
                    "locations": ["FIELD", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"],
                    "args": [self._input(Definition("if", TypeRef("Boolean", is_required=True)))],
                }
                for name in ("include", "skip")
            ],
        }

    def _root(self, kind):
        found = self.schema.root(kind)
        return self._named(found) if found else None

    def _ref(self, kind):
        if kind.is_required:
            return {"kind": "NON_NULL", "ofType": lambda: self._ref(kind.optional)}
        if kind.of:
            return {"kind": "LIST", "ofType": lambda: self._ref(kind.of)}
        return self._named(self.schema.types[kind.name])

    def _named(self, kind):
        """Lists are made when they are asked for: types name each other."""
        named = {"kind": kind.kind, "name": kind.name, "description": kind.description or None}
        types = self.schema.types
        if kind.kind in ("OBJECT", "INTERFACE"):
            named["fields"] = lambda includeDeprecated=False: [
                self._field(one)
                for one in kind.fields.values()
                if includeDeprecated or not one.deprecated
            ]
            named["interfaces"] = lambda: [self._named(types[one]) for one in kind.interfaces]
        if kind.is_abstract:
            named["possibleTypes"] = lambda: [self._named(types[one]) for one in kind.members]
        if kind.kind == "ENUM":
            named["enumValues"] = lambda includeDeprecated=False: [
                {"name": name, "description": about or None, **_deprecation(reason)}
                for name, (about, reason) in kind.values.items()
                if includeDeprecated or not reason
            ]
        if kind.kind == "INPUT_OBJECT":
            named["inputFields"] = lambda includeDeprecated=False: [
                self._input(one) for one in kind.fields.values()
            ]
        return named

    def _field(self, one):
        return {
            "name": one.name,
            "description": one.description or None,
            "args": lambda includeDeprecated=False: [
                self._input(argument) for argument in one.arguments.values()
            ],
            "type": lambda: self._ref(one.type),
            **_deprecation(one.deprecated),
        }

    def _input(self, one):
        default = json.dumps(plain(one.default[0])) if one.default else None
        return {
            "name": one.name,
            "type": lambda: self._ref(one.type),
            "defaultValue": default,
            **_deprecation(""),
        }


def _deprecation(reason):
    return {"isDeprecated": bool(reason), "deprecationReason": reason or None}
