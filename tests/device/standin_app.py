"""``am`` and ``pidof`` of a phone double on which an app may be installed.

``vendor/app/command.json`` is the command that is the app's process: it is started in the app's own
folder with the extras of ``am start``. Without that file the app is not installed.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

PHONE = Path(os.environ["ANDROID_DATA"]).parent
HOME = PHONE / "sdcard/Android/data/io.actmobile.demo/files/benchmark"
COMMAND, PID = PHONE / "vendor/app/command.json", PHONE / "vendor/app/pid"


def alive() -> bool:
    """True if the app's process is there, and has not ended."""
    stat = Path(f"/proc/{PID.read_text()}/stat") if PID.exists() else PID
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def stop() -> None:
    """End all processes of the app."""
    if PID.exists():
        with contextlib.suppress(ProcessLookupError):  # it has ended
            os.killpg(int(PID.read_text()), signal.SIGKILL)
        PID.unlink()


def start(extras: list[str]) -> None:
    """Start the app, unless it has nothing to measure."""
    if not COMMAND.exists():
        sys.exit("Error type 3\nError: Activity class {io.actmobile.demo/.Any} does not exist.")
    HOME.mkdir(parents=True, exist_ok=True)
    if not extras:
        return
    with COMMAND.with_name("errors").open("ab") as errors:
        process = subprocess.Popen(
            [*json.loads(COMMAND.read_text()), *extras],
            cwd=HOME,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    PID.write_text(str(process.pid))


if Path(sys.argv[0]).name == "pidof":
    sys.exit(not alive())
elif sys.argv[1] == "force-stop":
    stop()
else:
    start(sys.argv[5:])
