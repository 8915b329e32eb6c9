"""Our folder on a device: what is put there, the runner in it, and that nothing of it remains."""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import join, quote
from types import MappingProxyType
from typing import TextIO

from act_artefact.errors import UserError
from act_profiling.adb import thermal
from act_profiling.adb.client import DeviceGone
from act_profiling.adb.connection import Connection
from act_profiling.adb.transfer import Store, links, pull

FOLDER = "/data/local/tmp/act-profile"
JOB = f"{FOLDER}/job"

BEAT_SECONDS = 5.0
"""Seconds between a run's reports that it is alive and how hot the device is."""
QUIET_SECONDS = 30.0
"""A run that says nothing for so long is on a device that is gone."""
CLEAN_SECONDS = 60.0

NO_ENVIRONMENT: Mapping[str, str] = MappingProxyType({})

# A process that a job's folder remembers is the runner only while it works in that folder.
STOP = f"""
if [ -e {JOB}/pid ]; then
    pid=$(cat {JOB}/pid)
    folder=$(cd {JOB} && pwd -P)
    for signal in TERM TERM TERM KILL; do
        [ "$(readlink /proc/$pid/cwd)" = "$folder" ] || break
        kill -$signal $pid
        sleep 0.3
    done
fi
"""

FIXED = f"{FOLDER}/fixed-performance"
"""This file exists while the device is in fixed-performance mode because of us."""
FIX = f"""
touch {FIXED} && cmd power set-fixed-performance-mode-enabled true || {{ rm -f {FIXED}; false; }}
"""
RESTORE = f"""
if [ -e {FIXED} ]; then
    cmd power set-fixed-performance-mode-enabled false && rm -f {FIXED}
fi
"""
SWEEP = f"{RESTORE}rm -rf {JOB}"
"""Undoes what a run that crashed has left; files stay, as they are known by contents."""

# The runner is let live where the shell is ended: it is found again by its pid, or its status.
RUN = f"""
cd {JOB} || exit 1
rm -f status rows.bin
(
    sh -c 'echo $$ > pid; exec "$@"' sh COMMAND > facts 2> errors
    echo $? > status.part
    mv status.part status
) > /dev/null 2>&1 < /dev/null &
run=$!
while [ -e plan.txt ] && [ ! -e status ] && sleep BEAT > /dev/null 2>&1; do
    {thermal.READ}
    echo "rows $(wc -c 2> /dev/null < rows.bin)"
done < /dev/null 2> /dev/null &
beat=$!
wait $run
kill $beat
true
"""

ENDING = f"""
cd {JOB} || exit 1
echo '== status'; cat status
echo '== facts'; cat facts
echo '== errors'; tail -c 4000 errors
true
"""


@dataclass(frozen=True)
class Ending:
    """The end of a run."""

    code: int | None
    """None where it did not end."""
    facts: str
    errors: str


class Session:
    """Our folder on one device, for which there is one session at a time.

    Args:
        keep: leave what was pushed.
        stop: ends what a run has started beside its own process; harmless where nothing runs.

    Raises:
        UserError: another process measures on it.
    """

    def __init__(self, connection: Connection, keep: bool, stop: str = "") -> None:
        self._connection, self._keep, self._stop = connection, keep, f"{STOP}{stop}\n"
        self._lock = _lock(connection.serial)
        self._store = Store(connection, f"{FOLDER}/files")
        try:
            connection.steadily(self._sweep)
        except BaseException:
            self._lock.close()
            raise

    def _sweep(self) -> None:
        self._connection.output(self._stop + SWEEP, CLEAN_SECONDS)

    def install(self, files: Mapping[str, Path]) -> None:
        """Put files into the job's folder, by name; nothing else is in it then."""

        def put() -> None:
            there = self._store.put(files.values())
            self._connection.output(
                self._stop + links(JOB, {name: there[file] for name, file in files.items()})
            )

        self._connection.steadily(put)

    def run(
        self,
        command: Sequence[str],
        heard: Callable[[str], object],
        environment: Mapping[str, str] = NO_ENVIRONMENT,
    ) -> None:
        """Run a command in the job's folder; its stdout is the file ``facts``.

        Raises:
            DeviceGone: it may still run, or have ended; see :meth:`ending`.
        """
        variables = [f"{key}={value}" for key, value in environment.items()]
        words = ["env", *variables, *command] if variables else list(command)
        script = RUN.replace("COMMAND", join(words)).replace("BEAT", f"{BEAT_SECONDS:g}")
        try:
            self._connection.watch(script, heard, QUIET_SECONDS)
        except DeviceGone:
            self._store.forget()
            raise

    def ending(self) -> Ending:
        """Return how the run ended; stop one that still runs unwatched.

        Raises:
            UserError: the device does not come back.
        """
        said = self._connection.steadily(lambda: self._connection.run(self._stop + ENDING).stdout)
        sections = dict(re.findall(r"^== (\w+)\r?\n(.*?)(?=^== |\Z)", said, re.M | re.S))
        code = sections.get("status", "").strip()
        return Ending(
            int(code) if re.fullmatch(r"\d{1,3}", code) else None,
            sections.get("facts", ""),
            sections.get("errors", ""),
        )

    def pull(self, name: str, to: Path) -> bool:
        """Pull a file of the job's folder; False where it is not there."""
        return self._connection.steadily(lambda: pull(self._connection, f"{JOB}/{name}", to))

    def fix_performance(self) -> bool:
        """Enter fixed-performance mode, until :meth:`close`; whether there is such a mode."""
        done = self._connection.steadily(lambda: self._connection.run(FIX))
        return done.code == 0

    def close(self) -> None:
        """Leave the device as it was.

        Raises:
            UserError: it is away; the next session does it.
        """
        rest = JOB if self._keep else FOLDER

        def clean() -> None:
            self._connection.output(f"{self._stop}{SWEEP}; rm -rf {quote(rest)}", CLEAN_SECONDS)

        try:
            self._connection.steadily(clean)
        finally:
            self._lock.close()


def _lock(serial: str) -> TextIO:
    """A lock that ends with this process, however that ends.

    Raises:
        UserError: another process has it.
    """
    name = re.sub(r"[^\w.-]", "_", serial)
    path = Path(tempfile.gettempdir()) / f"act-profile-{os.getuid()}-{name}.lock"
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise UserError(f"adb:{serial}: another act-profile measures on it: wait for it") from None
    return lock
