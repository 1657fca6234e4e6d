"""The examples of docs/events.md for those who write events, as programs."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from platformdirs import user_cache_path

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "schemas" / "avro" / "dossier.avsc"
POM = Path(__file__).parent / "java" / "pom.xml"
(AVRO,) = re.findall(r"<version>([0-9.]+\.[0-9.]+)</version>", POM.read_text(encoding="utf-8"))
"""Version of Avro for Java."""


def example(client: str) -> str:
    """Return the program for a client; it takes the schema, and where to write."""
    document = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    language = "java" if client == "java" else f"python {client}"
    (program,) = re.findall(rf"^```{language}\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    return str(program)


def avro_jars() -> Path:
    """Return the directory of Avro's jars for Java, fetched once; skip without Java or Maven, but fail in CI."""
    missing = [program for program in ("java", "javac", "mvn") if shutil.which(program) is None]
    if missing:
        message = f"{', '.join(missing)} not installed (apt-get install maven)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    directory = user_cache_path("ocmw") / "servers" / f"avro-{AVRO}"
    if not directory.exists():
        fresh = directory.with_name(f".{directory.name}-{os.getpid()}")
        copy = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={fresh}"]
        subprocess.run(copy, check=True)  # noqa: S603 - our own pom
        try:
            fresh.rename(directory)
        except OSError:  # somebody else was quicker
            shutil.rmtree(fresh)
    return directory
