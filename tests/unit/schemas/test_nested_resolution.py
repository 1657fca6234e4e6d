"""What is nested in a record is resolved to any depth as Avro says, or set aside; it never passes unresolved."""

import io
from typing import Any

import fastavro
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import events
from schemas.events import Shape, UnresolvableError, plain, resolved, shape

INNER = {"type": "record", "name": "Inner", "fields": [{"name": "n", "type": "long"}]}
LETTERS = {"type": "enum", "name": "Letters", "symbols": ["A", "B", "C"]}


def _of(kind: events.Schema) -> Shape:
    return shape(
        {"type": "record", "name": "Outer", "namespace": events.NAMESPACE, "fields": [{"name": "f", "type": kind}]}
    )


def _read(written: events.Schema, wanted: events.Schema, value: object) -> Any:  # noqa: ANN401 - a plain Avro value
    """Write a value with one schema, read it as plain values, and return it as the other schema holds it."""
    stream = io.BytesIO()
    writer = {
        "type": "record",
        "name": "Outer",
        "namespace": events.NAMESPACE,
        "fields": [{"name": "f", "type": written}],
    }
    fastavro.schemaless_writer(stream, fastavro.parse_schema(writer), {"f": value})
    stream.seek(0)
    values = fastavro.schemaless_reader(stream, plain(_of(written)))
    return resolved(values, _of(written), _of(wanted), "Outer")["f"]


def _array(items: events.Schema) -> events.Schema:
    return {"type": "array", "items": items}


def _inner(kind: events.Schema, **more: object) -> events.Schema:
    return {"type": "record", "name": "Inner", "fields": [{"name": "n", "type": kind, **more}]}


@pytest.mark.parametrize(
    ("written", "wanted", "value", "expected"),
    [
        (_array("int"), _array("long"), [1, 2], [1, 2]),
        (_array("string"), _array("bytes"), ["é"], ["é".encode()]),
        (_array({**LETTERS, "symbols": ["C", "A"]}), _array(LETTERS), ["A", "C"], [0, 2]),
        (_array(_inner("int")), _array(INNER), [{"n": 5}], [{"n": 5}]),
        (_array(_array(_inner("int"))), _array(_array(INNER)), [[{"n": 5}], []], [[{"n": 5}], []]),
        (
            {"type": "record", "name": "Inner", "fields": [{"name": "more", "type": "string"}, *INNER["fields"]]},
            INNER,
            {"more": "x", "n": 5},
            {"n": 5},
        ),
        (
            INNER,
            {
                "type": "record",
                "name": "Inner",
                "fields": [*INNER["fields"], {"name": "m", "type": LETTERS, "default": "B"}],
            },
            {"n": 5},
            {"n": 5, "m": 1},
        ),
        ({"type": "map", "values": "int"}, {"type": "map", "values": "long"}, {"a": 1}, {"a": 1}),
        (_array(["null", "int", "string"]), _array(["null", "long"]), [None, 7], [None, 7]),
        (["null", _inner("int")], ["null", INNER], {"n": 5}, {"n": 5}),
        (["null", _array("int")], ["null", _array("long")], [5], [5]),
        ("int", "double", 5, 5.0),
        ("int", ["null", "long", "string"], 5, {"_1": 5}),
    ],
)
def test_what_is_nested_is_resolved(
    written: events.Schema, wanted: events.Schema, value: object, expected: object
) -> None:
    assert _read(written, wanted, value) == expected


@pytest.mark.parametrize(
    ("written", "wanted", "value", "reason"),
    [
        (_array("string"), _array("long"), ["1"], "Outer.f[] is written as string; long is expected"),
        (_array("double"), _array("long"), [1.5], "Outer.f[] is written as double; long is expected"),
        (_array(_inner("string")), _array(INNER), [{"n": "5"}], "Outer.f[].n is written as string; long is expected"),
        (_array("long"), "long", [5], "Outer.f is written as array of long; long is expected"),
        ({"type": "map", "values": "string"}, {"type": "map", "values": "long"}, {"a": "1"}, "Outer.f[] is written"),
        (
            {"type": "record", "name": "Inner", "fields": [{"name": "x", "type": "long"}]},
            INNER,
            {"x": 5},
            "Outer.f has no field n, which has no default",
        ),
        ({**INNER, "name": "Other"}, INNER, {"n": 5}, "Outer.f is written as record; record is expected"),
        (_array(["null", "string"]), _array(["null", "long"]), ["x"], "Outer.f[] is written as string; null or long"),
    ],
)
def test_what_cannot_be_is_the_senders_and_says_where(
    written: events.Schema, wanted: events.Schema, value: object, reason: str
) -> None:
    with pytest.raises(UnresolvableError) as raised:
        _read(written, wanted, value)
    fault = raised.value.fault
    assert (fault.slug, fault.owner) == ("unknown-schema", "sender")
    assert fault.reason.startswith(reason)


@pytest.mark.parametrize(("kind", "value"), [(_array(LETTERS), [3]), (_array(LETTERS), [-1]), (_array("int"), [2**31])])
def test_a_nested_value_that_is_none_of_its_type_is_undecodable(kind: events.Schema, value: list[int]) -> None:
    with pytest.raises(UnresolvableError, match="undecodable"):
        resolved({"f": value}, _of(kind), _of(kind), "Outer")


_LEAVES = st.sampled_from(["int", "long", "string", "bytes", "boolean", "double", LETTERS])
_TYPES = st.recursive(
    _LEAVES,
    lambda inner: inner.map(_array) | inner.map(lambda kind: {"type": "map", "values": kind}) | st.just(INNER),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=_TYPES, other=_TYPES, data=st.data())
def test_a_value_read_as_another_type_is_of_that_type_or_set_aside(
    kind: events.Schema, other: events.Schema, data: st.DataObject
) -> None:
    value = data.draw(_values(_of(kind).fields[0][1]))
    try:
        read = resolved({"f": value}, _of(kind), _of(other), "Outer")["f"]
    except UnresolvableError:
        assert kind != other
        return
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, plain(_of(other)), {"f": read}, strict=True)
    stream.seek(0)
    assert fastavro.schemaless_reader(stream, plain(_of(other))) == {"f": read}


def _values(part: Shape) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one line a type
    match part.type:
        case "int" | "long":
            return st.integers(-(2**31), 2**31 - 1)
        case "enum":
            return st.integers(0, len(part.symbols) - 1)
        case "string":
            return st.text("aé", max_size=3).map(str.encode)
        case "bytes":
            return st.binary(max_size=3)
        case "boolean":
            return st.booleans()
        case "double":
            return st.floats(allow_nan=False)
        case "array":
            return st.lists(_values(part.branches[0]), max_size=2)
        case "map":
            return st.dictionaries(st.text("aé", max_size=2), _values(part.branches[0]), max_size=2)
        case _:
            return st.fixed_dictionaries({name: _values(member) for name, member in part.fields})
