"""How every command of the project ends: its exit code and, if it fails, one line on stderr.

====  =========================================================================
code  when
====  =========================================================================
0     done
1     a check failed, nothing is handed out as good (``CheckFailed``)
2     bad input or usage, or the operating system refused (``UserError``,
      click's usage errors, ``OSError`` such as a full disk)
130   Ctrl-C
====  =========================================================================

A command module defines a click command and ends in ``main = partial(run, command, "act-name")``.
Nothing else is caught: any other exception is a fault of the program and keeps its traceback.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import click

from act_mobile.errors import CheckFailed, UserError


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

    Args:
        command: the command, or group of commands. Those with :func:`debug_option` among their
            parameters show an error's traceback when asked to.
        name: the program's name in usage and error lines.
        arguments: the command line without the program; else this process's own.
    """
    session = _Session()
    try:
        code = command.main(
            args=None if arguments is None else list(arguments),
            prog_name=name,
            standalone_mode=False,
            obj=session,
        )
    except click.Abort:
        sys.exit(130)
    except (click.ClickException, UserError, CheckFailed, OSError) as error:
        if session.debug:
            raise
        print(f"{name}: error: {_line(error)}", file=sys.stderr)
        sys.exit(1 if isinstance(error, CheckFailed) else 2)
    sys.exit(_exit_code(code))


def _exit_code(returned: Any) -> int:
    """What ``--help`` and ``context.exit`` return is a code; a command's own result is not one."""
    return returned if isinstance(returned, int) else 0


def _line(error: Exception) -> str:
    """The error in one line, naming the bad thing."""
    if isinstance(error, click.ClickException):
        text = error.format_message()
    elif isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    else:
        text = str(error)
    return " ".join(text.split())
