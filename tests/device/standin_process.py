"""An app's process that is the stand-in runner, and writes what comes of it as the app does.

python standin_process.py RUNNER ORDERS --es plan plan.txt ...
"""

import subprocess
import sys
from pathlib import Path

_, runner, orders, *words = sys.argv
given = dict(zip(words[1::3], words[2::3], strict=True))
files = [given.pop(name) for name in ("plan", "data", "rows")]
options = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
command = [sys.executable, "-ES", runner, *files, "--library", orders, *options]
done = subprocess.run(command, capture_output=True, text=True, check=False)
if done.returncode < 0:
    sys.exit()  # with the process that was ended
lines = (done.stderr if done.returncode else done.stdout).strip().splitlines() or ["no reason"]
aside = Path(f"{files[2]}.part")
aside.write_text(f"{done.returncode}\n{lines[-1].removeprefix('act-runner: ')}\n")
aside.rename(f"{files[2]}.status")
