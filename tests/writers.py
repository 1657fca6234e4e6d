"""The examples of docs/events.md for those who write events, as programs."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "schemas" / "avro" / "dossier.avsc"


def example(client: str) -> str:
    """Return the program for a client; it takes the schema, and where to write."""
    document = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"^```python {client}\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    return str(found)
