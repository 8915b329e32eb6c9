"""A runner that computes nothing: it speaks act-runner's command line and writes its rows.

What it is to do is in the file that it is given as the runtime's library, one line of JSON:
``pause`` seconds a call; ``exit``, the code with which it ends at once, and ``reason``; ``signal``,
which it sends itself before call ``at``, in a run ``from`` call 0 only if ``once``; ``say``, what
it prints in place of its line; ``meet``, a folder in which it waits until a second runner is there.
"""

import argparse
import json
import os
import struct
import sys
import time
import zlib
from pathlib import Path

options = argparse.ArgumentParser()
for name in ("plan", "data", "rows"):
    options.add_argument(name, type=Path)
options.add_argument("--library", type=Path)
options.add_argument("--op-profile", type=Path)
options.add_argument("--from", dest="first", type=int, default=0)
options.add_argument("--min-count", type=int, default=1)
options.add_argument("--min-seconds", type=float, default=0)
for name in ("--threads", "--warmup", "--keep", "--cpus", "--runtime-version"):
    options.add_argument(name)
for name in ("--mark", "--memory"):
    options.add_argument(name, action="store_true")
given = options.parse_args()
orders = json.loads(given.library.read_text())
if "exit" in orders:
    print(f"act-runner: {orders.get('reason', 'no')}", file=sys.stderr)
    sys.exit(orders["exit"])

data = given.data.read_bytes()
calls = struct.unpack_from("<Q", data, 8)[0]
fresh = []
for call in range(calls):  # of the tests' plan: one row, three inputs
    fresh.append(data[16 + call * 24 + 8] == 1)

if "meet" in orders:
    (Path(orders["meet"]) / str(os.getpid())).touch()
    until = time.monotonic() + 30
    while len(list(Path(orders["meet"]).iterdir())) < 2:
        if time.monotonic() > until:
            sys.exit("act-runner: nobody else came")
        time.sleep(0.01)

count, started = 0, time.monotonic()
buffered, repeat, call = b"", 0, given.first
with given.rows.open("wb", buffering=0) as rows:
    rows.write(b"ACTROWS1")
    while True:
        if orders.get("at") == call and (given.first == 0 or not orders.get("once")):
            os.kill(os.getpid(), orders["signal"])
        time.sleep(orders.get("pause", 0))
        y = zlib.crc32(struct.pack("<Q", call))
        buffered += struct.pack("<QQQIIif", call, repeat, 1000 + call, 1, y, call % 7 + 1, 0.25)
        count, call = count + 1, call + 1
        if call == calls or fresh[call]:
            rows.write(buffered)
            buffered = b""
        if call == calls:
            seconds = time.monotonic() - started
            if count >= given.min_count and seconds >= given.min_seconds:
                break
            call, repeat = 0, repeat + 1
print("INFO: a runtime that talks")
said = {"runtime": "stand-in 1", "init_ns": 1, "first_ns": 2, "warmup_ns": 3, "calls": count}
if given.op_profile:
    event = {"cat": "Node", "name": "a_kernel_time", "dur": 80, "args": {"op_name": "Gemm"}}
    given.op_profile.write_text(json.dumps([event] * 4))
    said["op_profiles"] = [str(given.op_profile)]
print(orders.get("say", json.dumps(said)))
