"""The end of a command: one line of what prints, whatever its streams are."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from act_artefact.command import MOST, error_line
from act_artefact.errors import UserError

COMMAND = """
import sys
import click
from rich.console import Console
from act_artefact.command import run

@click.command()
def command():
    taken = open("/dev/null", "rb").fileno()
    {printed}
    if taken <= 2:
        raise AssertionError(taken)

run(command, "act-test", [])
"""


def ran(shell: str, printed: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command that prints, called ``command`` in a line of shell."""
    line = f'command() {{ {sys.executable} -c "$CODE"; }}; {shell}'
    variables = {**os.environ, **environment, "CODE": COMMAND.format(printed=printed)}
    return subprocess.run(["bash", "-c", line], capture_output=True, env=variables, check=False)


@pytest.mark.parametrize("stream", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("printed", ["click.echo('✓')", "print('✓')", "Console().print('✓')"])
def test_closed_streams(stream: str, printed: str) -> None:
    done = ran(f"command {stream}", printed)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("printed", ["click.echo('✓')", "print('✓')", "Console().print('✓')"])
def test_a_terminal_that_is_not_utf8(printed: str) -> None:
    done = ran("command", printed, PYTHONIOENCODING="latin-1")
    assert (done.returncode, done.stdout) == (0, b"?\n")


@pytest.mark.parametrize(
    "printed", ["click.echo('x' * 99999)", "print('x' * 99999)", "Console().print('x\\n' * 99999)"]
)
def test_a_reader_that_has_left(printed: str) -> None:
    done = ran("command | true; exit ${PIPESTATUS[0]}", printed)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_line_is_cut_in_its_middle() -> None:
    line = error_line(UserError(f"a\n\x1b[31m{'x' * 9999}: give another"))
    assert line.startswith(r"a \x1b[31mxxx")
    assert line.endswith("x: give another")
    assert line.isprintable()
    assert len(line) <= MOST
