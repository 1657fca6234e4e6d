"""The program as a person runs it, but in this process: to start it anew takes two seconds of a processor each time."""

import os
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
    """Run a command under these settings and no others."""
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
