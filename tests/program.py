"""The program as a person runs it, in this process or in one of its own."""

import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import NamedTuple

import pytest

from streams.cli import main


class Done(NamedTuple):
    """What a command ended with and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


def ocmw(*arguments: object, **settings: str) -> Done:
    """Run a command under these settings and no others; to start it anew takes two seconds of a processor each time."""
    code: object = 0
    with (
        pytest.MonkeyPatch.context() as patched,
        redirect_stdout(StringIO()) as out,
        redirect_stderr(StringIO()) as err,
    ):
        for name in [name for name in os.environ if name.startswith("OCMW_")]:
            patched.delenv(name)
        for name, value in settings.items():
            patched.setenv(name, value)
        patched.setattr(sys, "argv", ["ocmw", *map(str, arguments)])
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    return Done(int(str(code or 0)), out.getvalue(), err.getvalue())


def ocmw_apart(*arguments: object, **settings: str) -> Done:
    """Run a command in a process of its own: a client of Kafka, or xlsxwriter, leaves open what was refused."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("OCMW_")}
    command = [sys.executable, "-c", "from streams.cli import main; main()", *map(str, arguments)]
    done = subprocess.run(command, env={**given, **settings}, capture_output=True, text=True, check=False)  # noqa: S603
    return Done(done.returncode, done.stdout, done.stderr)
