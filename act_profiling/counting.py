"""Exact arm64 work of each call: instructions, multiply-accumulates, loads and stores.

QEMU runs the arm64 runner and tells a plugin (native/runner/qemu) of every block of instructions.
The work repeats exactly from run to run, and depends on the CPU that a phone's files name: the
runtimes choose their kernels by it. It says nothing about time.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from act_artefact.compiling import compiled, find_compiler
from act_artefact.errors import CheckFailed, UserError
from act_artefact.targets import TARGETS, BuiltInRuntime
from act_profiling.devices import Job, Outcome, Settings
from act_profiling.devices.emulated import CPU
from act_profiling.devices.emulated.phone import EMULATED, write_phone
from act_profiling.devices.host import facts_of, failure, runner_options
from act_profiling.glibc import glibc
from act_profiling.libraries import Library, arm64_library
from act_profiling.runner import SOURCES, aarch64_runner

PLUGIN_SOURCES = SOURCES / "qemu"
PLUGIN = "qemu_count.so"
COUNT_SECONDS = 3600.0


def plugin_folder() -> Path:
    """The folder with QEMU's plugin, compiled at first use.

    Raises:
        UserError: there is no C compiler, or it does not compile.
    """
    files = sorted(PLUGIN_SOURCES.glob("*.[ch]"))
    command = [*find_compiler("qemu-count"), "-O2", "-shared", "-fPIC"]
    return compiled("qemu-count", PLUGIN, command, files, ()).parent


class QemuCounter:
    """Counts a run on an emulated device; a :class:`.devices.emulated.device.Counter`."""

    def __init__(self) -> None:
        self.folder = plugin_folder()

    def environment(self, folder: str, output: str) -> Mapping[str, str]:
        """Variables with which QEMU counts, by ``folder``'s plugin, into the file ``output``."""
        return {"QEMU_PLUGIN": f"file={folder}/{PLUGIN},out={output}"}

    def read(self, output: Path) -> tuple[Mapping[str, int], ...]:
        """The work of each timed call.

        Raises:
            CheckFailed: the file is not the plugin's.
        """
        try:
            lines = [json.loads(line) for line in output.read_text().splitlines()]
        except (OSError, ValueError):
            raise CheckFailed("QEMU counted nothing: is it version 7.2 to 8.2?") from None
        return tuple({**line, "macs": line["fp32_macs"] + line["int8_macs"]} for line in lines)


def count(
    job: Job,
    settings: Settings,
    rows: Path,
    cpu: str = CPU,
    library: Library | None = None,
) -> Outcome:
    """Run a job under QEMU and count its calls; one thread, without a device around it.

    Args:
        cpu: cortex-a76 or cortex-a53.
        library: the runtime for arm64 Linux, other than the pinned one.

    Raises:
        UserError: QEMU, a compiler or glibc for arm64 is missing, or the artefact does not fit.
        CheckFailed: the runner failed, or nothing was counted.
    """
    qemu = shutil.which("qemu-aarch64")
    if qemu is None:
        raise UserError("instructions are counted by qemu-aarch64: apt-get install qemu-user")
    if cpu not in EMULATED:
        raise UserError(f"no emulated {cpu}: there is {', '.join(EMULATED)}")
    device = TARGETS[job.target].device
    built_in = device if isinstance(device, BuiltInRuntime) else None
    named: tuple[str, ...] = ()
    if built_in is None:
        library = library or arm64_library(job.target)
        named = ("--library", str(library.path), *library.version_option)
    counter = QemuCounter()
    with tempfile.TemporaryDirectory() as folder:
        root, counts = Path(folder) / "root", Path(folder) / "counts"
        _write_root(root, cpu, {} if built_in else glibc())
        command = [
            *(qemu, "-cpu", cpu, "-L", str(root), str(aarch64_runner(built_in))),
            *(str(job.folder / "plan.txt"), str(job.folder / "data.bin"), str(rows)),
            *(*named, *runner_options(settings), "--mark"),
        ]
        variables = counter.environment(str(counter.folder), str(counts))
        try:
            done = subprocess.run(
                command,
                # Nothing else: what lies on the stack moves what lies after it, and with that
                # how much is copied at once.
                env=variables,
                capture_output=True,
                text=True,
                timeout=COUNT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CheckFailed(f"QEMU is not done after {COUNT_SECONDS:.0f} s") from None
        if done.returncode:
            raise failure(done.returncode, done.stderr)
        return Outcome(rows, facts_of(done.stdout), counter.read(counts))


def _write_root(root: Path, cpu: str, libraries: Mapping[str, Path]) -> None:
    """Write the files that the runner sees, not this machine's: C libraries, a phone's own."""
    (root / "lib").mkdir(parents=True)
    for name, file in libraries.items():
        (root / "lib" / name).symlink_to(file.resolve())
    write_phone(root, EMULATED[cpu])
