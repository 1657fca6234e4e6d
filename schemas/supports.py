"""Support measures: twelve leaves as they stand in events, eighteen nodes as they are published (B2, B3)."""

from dataclasses import dataclass

from schemas.parameters import document

_DOCUMENT = document("supports")

LEAVES: tuple[str, ...] = tuple(_DOCUMENT["leaves"])
"""Codes of the leaves, in the order of the Avro enum ``Support``: a leaf's number is its place here."""


@dataclass(frozen=True, slots=True)
class Node:
    """A published support measure.

    ``parts`` hold leaf numbers: the balance pools the leaves of a part, and a person counts when some part is
    positive (B3). ``delay`` is the number of months of G4. ``status`` tells whether it has that breakdown (C6).
    """

    code: str
    parts: tuple[tuple[int, ...], ...]
    delay: int
    public: bool
    status: bool
    law: str
    label_nl: str
    label_fr: str
    label_en: str

    @property
    def leaves(self) -> tuple[int, ...]:
        """Numbers of all leaves below the node."""
        return tuple(leaf for part in self.parts for leaf in part)


def _node(code: str) -> Node:
    entry = _DOCUMENT["nodes"][code]
    delay = entry["delay"] if "delay" in entry else _DOCUMENT["nodes"][entry["parent"]]["delay"]
    label = entry["label"]
    return Node(
        code=code,
        parts=tuple(tuple(LEAVES.index(leaf) for leaf in part) for part in entry["parts"]),
        delay=delay,
        public=entry.get("public", True),
        status=entry.get("status", False),
        law=entry["law"],
        label_nl=label["nl"],
        label_fr=label["fr"],
        label_en=label["en"],
    )


NODES: tuple[Node, ...] = tuple(_node(code) for code in _DOCUMENT["nodes"])
NODE: dict[str, Node] = {node.code: node for node in NODES}


def _children(node: Node) -> tuple[Node, ...]:
    within = [other for other in NODES if set(other.leaves) < set(node.leaves)]
    return tuple(other for other in within if not any(set(other.leaves) < set(larger.leaves) for larger in within))


CHILDREN: dict[str, tuple[Node, ...]] = {node.code: _children(node) for node in NODES}
"""By code the nodes right below a node; where there are any, each leaf of the node belongs to one of them."""
