"""Statements with bytes flipped, cut and put in: each is imported or refused in a sentence, and nothing leaks or hangs.

``EDGE_MUTATIONS`` says how many are tried; the full measure is 100,000.
"""

import io
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from statement_told import columns, line, number, text

from edge.errors import EdgeError
from edge.keys import Key
from edge.persons.identities import Identities
from edge.statements.importing import EventFile, Importer
from edge.statements.judging import Judge
from edge.statements.report import Report
from edge.statements.rules import Rules, known_rows
from edge.statements.sources import Beside
from schemas.faults import Fault
from schemas.log import LogFile, LogWriter, read_plain

MUTATIONS = int(os.environ.get("EDGE_MUTATIONS", "300"))
NUMBERS = [number(counter) for counter in range(1, 9)]
LINES = [line(number=one, dossier=f"G{place}", name="Zwaluwstaart") for place, one in enumerate(NUMBERS)]
BASES = (text(*LINES).encode(), columns(*LINES).encode(), text(*LINES, end="\n").encode("utf-8"))
JUDGE = Judge(Key.fresh(), Identities.none(), Rules.of(known_rows(synthetic=True)), Beside(), synthetic=True)

mutation = st.tuples(
    st.integers(0, 1 << 20), st.sampled_from(["flip", "cut", "put", "twice"]), st.binary(min_size=1, max_size=4)
)


def mutated(base: bytes, mutations: list[tuple[int, str, bytes]]) -> bytes:
    """Return bytes with mutations, one after the other."""
    for place, kind, content in mutations:
        at = place % (len(base) + 1)
        if kind == "flip":
            base = base[:at] + bytes(byte ^ content[0] for byte in base[at : at + 1]) + base[at + 1 :]
        elif kind == "cut":
            base = base[:at] + base[at + content[0] :]
        elif kind == "put":
            base = base[:at] + content + base[at:]
        else:
            base += base[at:]
    return base


@settings(max_examples=MUTATIONS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(BASES), st.lists(mutation, min_size=1, max_size=6), st.booleans())
def test_a_mutated_statement_is_imported_or_refused_and_says_no_number(
    base: bytes,
    mutations: list[tuple[int, str, bytes]],
    closing: bool,  # noqa: FBT001 - drawn
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "statement.txt"
        path.write_bytes(mutated(base, mutations))
        body, out = io.BytesIO(), Path(folder) / "out.avro"
        log = LogWriter(body)
        try:
            outcomes = Importer(JUDGE, EventFile(log, None), {}, closing=closing).run([path])
        except EdgeError as refused:
            said = str(refused)
        else:
            report = Report("key", outcomes)
            said = report.markdown() + "".join(report.json()) + "".join(report.sentences())
            (one,) = outcomes
            assert one.lines == one.events + one.again + one.slugs.total()
            with out.open("wb") as file:
                log.finish(file, {})
            written = LogFile.open(out)
            events = [event for block in written.blocks() for event in read_plain(block, written.layout)]
            assert not any(isinstance(event, Fault) for event in events)
            assert sum(not isinstance(event, Fault) and event[0] < 2 for event in events) == one.events
        assert not any(one in said for one in NUMBERS)
        assert "Zwaluw" not in said
