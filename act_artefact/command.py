"""The end of every command of the project: its exit code and, if it fails, one line on stderr.

=======  ======================================================================
code     when
=======  ======================================================================
0        done
1        a check failed, nothing is handed out as good (``CheckFailed``)
2        bad input or usage, or the operating system refused (``UserError``,
         click's usage errors, ``OSError`` such as a full disk)
128 + n  signal n ended it: 130 Ctrl-C, 143 SIGTERM, 129 SIGHUP; all clean up;
         141: whoever read stdout or stderr has left
=======  ======================================================================

A command module defines a click command and ends in ``main = partial(run, command, "act-name")``.
Nothing else is caught: any other exception is a fault of the program and keeps its traceback.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, NoReturn

import click

from act_artefact.errors import CheckFailed, UserError

MOST = 600
"""Characters of an error's line."""

SIGNALS = (signal.SIGTERM, signal.SIGHUP)
READER_LEFT = 128 + signal.SIGPIPE


@dataclass
class _Session:
    debug: bool = False


def _set_debug(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.find_object(_Session).debug = True  # type: ignore[union-attr]


def debug_option() -> click.Option:
    """The ``--debug`` option of a command that is started by :func:`run`."""
    return click.Option(
        ["--debug"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_set_debug,
        help="Show the traceback of an error.",
    )


def run(command: click.Command, name: str, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a click command as the program ``name`` and exit as the module's table says.

    Call it from the main thread, the only one that may set what signals do.

    Args:
        command: the command, or group of commands. Those with :func:`debug_option` among their
            parameters show an error's traceback when asked to.
        name: the program's name in usage and error lines.
        arguments: the command line without the program; else this process's own.
    """
    session = _Session()
    _open_streams()
    streams = sys.stdout, sys.stderr
    try:
        with ended_by_signals():
            code = command.main(
                args=None if arguments is None else list(arguments),
                prog_name=name,
                standalone_mode=False,
                obj=session,
            )
    except click.Abort:
        sys.exit(130)
    except SystemExit as ended:
        # Once a pipe is broken rich exits with 1, and click too, after it has replaced the streams.
        left = isinstance(ended.__context__, BrokenPipeError) or streams != (sys.stdout, sys.stderr)
        sys.exit(READER_LEFT if left else ended.code)
    except (click.ClickException, UserError, CheckFailed, OSError) as error:
        if session.debug:
            raise
        print(f"{name}: error: {error_line(error)}", file=sys.stderr)
        sys.exit(1 if isinstance(error, CheckFailed) else 2)
    sys.exit(_exit_code(code))


def _open_streams() -> None:
    """Let nothing that is printed end the program, nor get into a file of its own.

    A file opened while stdin, stdout or stderr is closed would take its number; a stream that
    cannot encode a character, as of a terminal that is not UTF-8, has a question mark in its place.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Make SIGTERM and SIGHUP act as Ctrl-C does: blocks end, files and devices are left clean.

    The exit code is a shell's, 128 and the signal's number. A signal that is ignored stays so: what
    nohup started goes on.
    """

    def end(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)  # once: cleaning up is not to be cut short
        sys.exit(128 + number)

    before = {each: signal.getsignal(each) for each in SIGNALS}
    heard = [each for each, handler in before.items() if handler != signal.SIG_IGN]
    for each in heard:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each in heard:
            signal.signal(each, before[each])


def _exit_code(returned: Any) -> int:
    """Return the code of ``--help`` or ``context.exit``; a command's own result is not one."""
    return returned if isinstance(returned, int) else 0


def error_line(error: Exception) -> str:
    """Write an error as one line of what prints, the middle of a long one left out."""
    if isinstance(error, click.ClickException):
        text = error.format_message()
    elif isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    else:
        text = str(error)
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in " ".join(text.split()))
    if len(line) > MOST:  # the way out is at its end
        line = f"{line[: MOST // 2 - 2]} ... {line[3 - MOST // 2 :]}"
    return line
