"""Completeness in the public tree: of a month, which OCMW sent a line of which public support; nothing more."""

import json
from collections.abc import Mapping

import numpy as np

from schemas.arrays import Int32
from schemas.places import MUNICIPALITIES
from schemas.supports import NODES

_PUBLIC = tuple(node for node in NODES if node.public)


def public_month(rows: Int32, supports: frozenset[str], hidden: Mapping[str, frozenset[str]] | None = None) -> bytes:
    """Return a month as JSON: support -> NIS codes of the OCMWs with a line, of the supports that are published.

    ``rows`` is by (leaf, municipality number). ``hidden`` are by support the OCMWs of which the month shows nothing:
    whether these sent a line is not said (F3).
    """
    sent = {
        node.code: [nis for nis in _sent(rows[list(node.leaves)]) if nis not in (hidden or {}).get(node.code, ())]
        for node in _PUBLIC
        if node.code in supports
    }
    return (json.dumps(sent, sort_keys=True, separators=(",", ":")) + "\n").encode()


def _sent(rows: Int32) -> list[str]:
    return [MUNICIPALITIES[number] for number in np.flatnonzero(rows.any(axis=0)).tolist()]


def read_month(data: bytes) -> dict[str, frozenset[str]]:
    """Return support -> NIS codes of the OCMWs with a line. Raises ValueError for anything else."""
    return {support: frozenset(codes) for support, codes in json.loads(data).items()}
