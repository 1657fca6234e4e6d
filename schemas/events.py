"""Events of the dossier log as Avro schemas: today's union, its stable ids, and how other writers' schemas resolve.

Everything here works on the *plain* form of a schema: enums read as their index, strings as bytes, dates as days,
because a reader that resolves them loses faults (an index of -1 becomes the last symbol) or dies on absurd dates.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import fastavro

from schemas.faults import FAULT, Fault

Schema = Any
"""An Avro schema as fastavro has it: str, dict or list."""

CLAIM, REGULARISATION, UPDATE_CLOSED, EMPLOYMENT, YOUTH_EXIT, RESIDENCE = range(6)
RECORDS: tuple[str, ...] = (
    "ReimbursementClaim", "Regularisation", "UpdateClosed",
    "EmploymentDeclaration", "YouthCareExit", "ResidenceRegistered",
)  # fmt: skip
"""Names of the records; a record's *kind* is its place here and in the union. Those behind UpdateClosed are *facts*:
they tell of a person, and change no balance."""
KINDS = frozenset((CLAIM, REGULARISATION, UPDATE_CLOSED, EMPLOYMENT, YOUTH_EXIT, RESIDENCE))
"""Kinds that the code names; a branch of the union that it does not is ``unknown-schema``, whatever stands in it."""
DECLARE_IN, DECLARE_OUT, DECLARE_UPDATE, DECLARE_CANCEL = range(4)
"""Symbols of the enum Declaration."""
FOREVER = (date(9999, 12, 31) - date(1970, 1, 1)).days
"""The day that means no end in a Dimona declaration, since 1970-01-01."""
LEFT_REGISTER = 0
"""The municipality of somebody who is registered nowhere any more."""

NAMESPACE = "be.ocmw.v1"
_PLAIN = {"enum": "long", "int": "long", "string": "bytes"}
_PROMOTIONS = {("int", "long"), ("bytes", "string"), ("string", "bytes")}
_NUMBERS = ("int", "long", "float", "double")
_NO_NAME = f"{NAMESPACE}.Nothing"
_NOTHING = {"type": "fixed", "name": _NO_NAME, "size": 2**31 - 1}
_NOTHINGS = 1000
_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1


@cache
def schema_document(name: str) -> Schema:
    """Return the JSON document ``name`` of ``schemas/avro`` as it stands."""
    return json.loads((files("schemas") / "avro" / name).read_text(encoding="utf-8"))


@cache
def union() -> Schema:
    """Return today's union of all events, parsed: the schema that our producers write.

    Written into the header of a file it gives the same bytes in every process.
    """
    parsed = fastavro.parse_schema(schema_document("dossier.avsc"))
    for record in parsed:  # fastavro walks a set: "doc" and "default" of a field come in any order
        record["fields"][:] = [dict(sorted(field.items())) for field in record["fields"]]
    return parsed


def schema_ids() -> dict[int, str | None]:
    """Return schema id of the dossier log -> record name (None: a whole union, or its first branches).

    Ids are never reused. Branches only come behind the others, so bytes of a shorter union are bytes of today's.
    """
    ids = schema_document("ids.json")["ids"]
    return {int(number): entry["record"] for number, entry in ids.items() if entry["file"] == "dossier.avsc"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a type looks like on the wire, names resolved: kind of type, and its symbols, size, branches or fields.

    ``defaults`` of fields are not on the wire; those of a writer's schema play no part in reading. Each is JSON.
    """

    type: str
    symbols: tuple[str, ...] = ()
    size: int = 0
    branches: tuple["Shape", ...] = ()
    fields: tuple[tuple[str, "Shape"], ...] = ()
    name: str = ""
    defaults: tuple[tuple[str, str], ...] = field(default=(), compare=False)


def _full_name(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"


def shape(  # noqa: PLR0911 - one return for each way that Avro writes a type
    schema: Schema, named: dict[str, Any] | None = None, namespace: str = ""
) -> Shape:
    """Return the shape of a schema. Raises ValueError for a type that refers to itself or to nothing."""
    named = {} if named is None else named
    if isinstance(schema, list):
        return Shape("union", branches=tuple(shape(branch, named, namespace) for branch in schema))
    if isinstance(schema, str):
        if schema in ("null", "boolean", "int", "long", "float", "double", "bytes", "string"):
            return Shape(schema)
        known = named.get(_full_name(schema, namespace))
        if known is None:
            message = f"the schema refers to {schema}, which it does not define before"
            raise ValueError(message)
        return known  # type: ignore[no-any-return]
    kind = schema["type"]
    if not isinstance(kind, str):
        return shape(kind, named, namespace)
    if kind in ("record", "enum", "fixed"):
        full = _full_name(schema["name"], schema.get("namespace", namespace))
        inner = full.rpartition(".")[0]
        if kind == "record":
            members = tuple((member["name"], shape(member["type"], named, inner)) for member in schema["fields"])
            defaults = tuple((m["name"], json.dumps(m["default"])) for m in schema["fields"] if "default" in m)
            made = Shape("record", fields=members, name=full, defaults=defaults)
        elif kind == "enum":
            made = Shape("enum", symbols=tuple(schema["symbols"]), name=full)
        else:
            made = Shape("fixed", size=schema["size"], name=full)
        named[full] = made
        return made
    if kind in ("array", "map"):
        return Shape(kind, branches=(shape(schema["items" if kind == "array" else "values"], named, namespace),))
    return shape(kind, named, namespace)


def same_wire(left: Shape, right: Shape) -> bool:
    """Tell whether two shapes are written alike: names of fixed and enum types do not matter, their content does."""
    if (left.type, left.symbols, left.size) != (right.type, right.symbols, right.size):
        return False
    if len(left.branches) != len(right.branches) or len(left.fields) != len(right.fields):
        return False
    return all(map(same_wire, left.branches, right.branches)) and all(
        mine[0] == other[0] and same_wire(mine[1], other[1])
        for mine, other in zip(left.fields, right.fields, strict=True)
    )


@cache
def shapes() -> tuple[Shape, ...]:
    """Return the shapes of today's records, in the order of ``RECORDS``."""
    return shape(union()).branches


def _says_its_branch(part: Shape) -> bool:
    """Tell whether a value of a union is plain only together with its branch: several are not null."""
    return sum(branch.type != "null" for branch in part.branches) > 1


def _places(part: Shape) -> tuple[str, ...]:
    """Return the names of the branches of a union."""
    return tuple(f"_{place}" for place in range(len(part.branches)))


class _Plain:
    """Makes schemas of plain values; a name is defined where it is first used."""

    def __init__(self, nothings: int) -> None:
        self._defined: set[str] = set()
        self._count = nothings

    def schema(self, part: Shape) -> Schema:  # noqa: PLR0911 - one return for each way that Avro writes a type
        if part.type == "union":
            return [*map(self.schema, part.branches), *self._nothings()]
        if part.type in _PLAIN:
            return _PLAIN[part.type]
        if part.type in ("record", "fixed") and part.name in self._defined:
            return part.name
        if part.type == "record":
            self._defined.add(part.name)
            members = [{"name": name, "type": self._member(member)} for name, member in part.fields]
            return {"type": "record", "name": part.name, "fields": members}
        if part.type == "fixed":
            self._defined.add(part.name)
            return {"type": "fixed", "name": part.name, "size": part.size}
        if part.type in ("array", "map"):
            return {"type": part.type, "items" if part.type == "array" else "values": self._member(part.branches[0])}
        return part.type

    def _member(self, part: Shape) -> Schema:
        if not _says_its_branch(part):
            return self.schema(part)
        places = zip(_places(part), part.branches, strict=True)
        return [*(self._placed(place, branch) for place, branch in places), *self._nothings()]

    def _placed(self, place: str, branch: Shape) -> Schema:
        """Return a record of one field, which is written as the field alone; null stays null."""
        if branch.type == "null":
            return "null"
        name = f"{NAMESPACE}.Branch{len(self._defined)}"
        self._defined.add(name)
        return {"type": "record", "name": name, "fields": [{"name": place, "type": self.schema(branch)}]}

    def _nothings(self) -> Schema:
        if not self._count:
            return []
        first = _NO_NAME if _NO_NAME in self._defined else _NOTHING
        self._defined.add(_NO_NAME)
        return [first, *[_NO_NAME] * (self._count - 1)]


@cache
def plain(wanted: Shape) -> Schema:
    """Return the schema that reads a shape as plain values: enum -> int index, string -> bytes, no logical types.

    A field's value is ``{place: value}`` where several branches of the writer's union are not null: only the bytes
    tell which one it was. fastavro counts a negative branch of a union from the end, so it finds there what no bytes
    are enough for.
    """
    return fastavro.parse_schema(_Plain(_NOTHINGS).schema(wanted))


@cache
def quick(wanted: Shape) -> Schema:
    """Return the same, for bytes without a negative branch: the caller knows that, or looks at it afterwards.

    It reads a record with unions ten times as fast. A record was read rightly where writing it again gives the same
    bytes.
    """
    return fastavro.parse_schema(_Plain(0).schema(wanted))


class UnresolvableError(Exception):
    """A value of another writer's schema that today's schema cannot hold."""

    def __init__(self, fault: Fault) -> None:
        """Keep the fault."""
        super().__init__(fault.slug)
        self.fault = fault


def kind_of(record: Shape) -> int | None:
    """Return the kind of a record of another schema, by its full name, or None when the code names it nowhere."""
    namespace, _, name = record.name.rpartition(".")
    kind = RECORDS.index(name) if namespace == NAMESPACE and name in RECORDS else None
    return kind if kind in KINDS else None


def unknown_record(record: Shape) -> Fault:
    """Return the fault of a record that is none of ours: perhaps a later version's, else of a wrong name."""
    if record.name.rpartition(".")[0] == NAMESPACE:
        return replace(FAULT["unknown-schema"], reason=f"the record {record.name} is none that this version knows")
    return _of_sender(f"the record {record.name} is none of ours", f"name records as {NAMESPACE}.{RECORDS[CLAIM]}")


def resolve(values: dict[str, Any], written: Shape, kind: int) -> dict[str, Any]:
    """Return plain values of a writer's record as plain values of today's record of that kind (Avro resolution).

    Fields that we do not know are dropped; fields that the writer did not know take their default. An int is read as a
    long, bytes as a string and back; of a union of the writer counts the branch that the value was written with. Names
    of enums and fixed types do not matter, nor defaults of enums. What is nested is resolved to any depth. Raises
    UnresolvableError with ``unknown-schema`` (no default, another type; it is the sender's, and says which) or
    ``undecodable`` (no such symbol, int too large).
    """
    return resolved(values, written, shapes()[kind], RECORDS[kind])


def resolved(values: dict[str, Any], written: Shape, wanted: Shape, where: str) -> dict[str, Any]:
    """Return plain values of a writer's record as plain values of another, as ``resolve`` does; ``where`` names it."""
    known, defaults = dict(written.fields), dict(wanted.defaults)
    fields = {}
    for name, part in wanted.fields:
        if name in known:
            fields[name] = _convert(values[name], known[name], part, f"{where}.{name}")
        elif name in defaults:
            fields[name] = _plain_default(json.loads(defaults[name]), part)
        else:
            raise UnresolvableError(_of_sender(f"{where} has no field {name}, which has no default"))
    return fields


def _plain_default(default: Any, part: Shape) -> Any:  # noqa: ANN401, PLR0911 - JSON in, a plain Avro value out
    """Return a default of today's schema as a plain value; that of a union is one of its first branch."""
    if part.type == "union":
        inner = _plain_default(default, part.branches[0])
        return _placed_in(inner, part, 0)
    if part.type == "enum":
        return part.symbols.index(default)
    if part.type in ("bytes", "fixed"):
        return default.encode("latin-1")
    if part.type == "string":
        return default.encode()
    if part.type == "array":
        return [_plain_default(item, part.branches[0]) for item in default]
    if part.type == "map":
        return {name: _plain_default(item, part.branches[0]) for name, item in default.items()}
    if part.type == "record":
        return {name: _plain_default(default[name], member) for name, member in part.fields}
    return default


@cache
def _bounds(kind: int) -> tuple[tuple[str, int, int], ...] | None:
    """Return (field, least, greatest) of the enums and ints of a record; None where something is nested in it."""
    bounds = []
    for name, wanted in shapes()[kind].fields:
        target = next((branch for branch in wanted.branches if branch.type != "null"), wanted)
        if target.type in ("array", "map", "record") or _says_its_branch(wanted):
            return None
        if target.type == "enum":
            bounds.append((name, 0, len(target.symbols) - 1))
        elif target.type == "int":
            bounds.append((name, _INT_MIN, _INT_MAX))
    return tuple(bounds)


def checked(values: dict[str, Any], kind: int) -> dict[str, Any]:
    """Return plain values that were written with today's schema: what ``resolve`` does, without resolution.

    Raises UnresolvableError with ``undecodable``: no such symbol, or int too large.
    """
    bounds = _bounds(kind)
    if bounds is None:
        return resolve(values, shapes()[kind], kind)
    for name, least, greatest in bounds:
        value = values[name]
        if value is not None and not least <= value <= greatest:
            raise UnresolvableError(
                _undecodable(f"{RECORDS[kind]}.{name}", "is no symbol of its enum, or beyond 32 bits")
            )
    return values


def _of_sender(reason: str, remedy: str = "write it as the published schema says") -> Fault:
    return replace(FAULT["unknown-schema"], owner="sender", reason=reason, remedy=f"{remedy}, and send it again")


def _undecodable(where: str, complaint: str) -> Fault:
    return replace(
        FAULT["undecodable"], reason=f"{where} {complaint}", remedy="encode it again with a published schema"
    )


def _chosen(value: Any, written: Shape) -> tuple[Any, Shape]:  # noqa: ANN401 - a plain Avro value
    """Return a value of a writer's union without its place, and the branch that it is of."""
    if value is None:
        return None, Shape("null")
    if not _says_its_branch(written):
        return value, next(branch for branch in written.branches if branch.type != "null")
    ((place, inner),) = value.items()
    return inner, written.branches[_places(written).index(place)]


def _placed_in(value: Any, wanted: Shape, place: int) -> Any:  # noqa: ANN401 - a plain Avro value
    """Return a value of a branch of a union of ours, with its place where the union needs it."""
    if value is None or not _says_its_branch(wanted):
        return value
    return {_places(wanted)[place]: value}


def _convert(value: Any, written: Shape, wanted: Shape, where: str) -> Any:  # noqa: ANN401, C901 - plain Avro values, a return for each way that Avro writes them
    if written.type == "union":
        value, written = _chosen(value, written)
    if wanted.type == "union":
        place = next((at for at, branch in enumerate(wanted.branches) if _fits(written, branch)), None)
        if place is None:
            raise UnresolvableError(_of_sender(_mismatch(where, written, wanted)))
        return _placed_in(_convert(value, written, wanted.branches[place], where), wanted, place)
    if not _fits(written, wanted):
        raise UnresolvableError(_of_sender(_mismatch(where, written, wanted)))
    if written.type == "enum":
        if not 0 <= value < len(written.symbols) or written.symbols[value] not in wanted.symbols:
            raise UnresolvableError(_undecodable(where, "is no symbol of its enum"))
        return wanted.symbols.index(written.symbols[value])
    if written.type == "array":
        return [_convert(item, written.branches[0], wanted.branches[0], f"{where}[]") for item in value]
    if written.type == "map":
        pairs = value.items()
        return {name: _convert(item, written.branches[0], wanted.branches[0], f"{where}[]") for name, item in pairs}
    if written.type == "record":
        return resolved(value, written, wanted, where)
    if written.type == "int" and not _INT_MIN <= value <= _INT_MAX:
        raise UnresolvableError(_undecodable(where, "is an int beyond 32 bits"))
    return float(value) if wanted.type in ("float", "double") else value


def _fits(written: Shape, wanted: Shape) -> bool:
    """Tell whether a type may be read as another; what is nested in it shows itself value by value."""
    if (written.type, written.size) == (wanted.type, wanted.size):
        return written.type != "record" or written.name.rpartition(".")[2] == wanted.name.rpartition(".")[2]
    if (written.type, wanted.type) in _PROMOTIONS:
        return True
    if written.type in _NUMBERS and wanted.type in ("float", "double"):
        return _NUMBERS.index(written.type) <= _NUMBERS.index(wanted.type)
    return False


def _mismatch(where: str, written: Shape, wanted: Shape) -> str:
    return f"{where} is written as {_said(written)}; {_said(wanted)} is expected"


def _said(part: Shape) -> str:
    """Return a type in words."""
    if part.type == "union":
        return " or ".join(map(_said, part.branches))
    if part.type in ("array", "map"):
        return f"{part.type} of {_said(part.branches[0])}"
    if part.type == "fixed":
        return f"fixed of {part.size} bytes"
    return part.type
