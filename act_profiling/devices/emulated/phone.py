"""A phone's own files: what programs and profilers read to learn which phone they are on.

Under QEMU a program sees the host's ``/proc/cpuinfo`` and ``/sys``; ONNX Runtime and LiteRT choose
their kernels by them and fail on an x86 host's. These are a phone's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDERS = ("data/local/tmp", "data/system", "sdcard", "vendor/bin", "proc", "sys")


@dataclass(frozen=True)
class Core:
    """A kind of core, by its identification registers."""

    part: int
    variant: int
    revision: int
    max_khz: int
    features: str


_V8_0 = "fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid"
_V8_2 = f"{_V8_0} atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp"
CORES = {
    "cortex-a53": Core(0xD03, 0, 4, 1_400_000, _V8_0),
    "cortex-a55": Core(0xD05, 2, 0, 1_800_000, _V8_2),
    "cortex-a76": Core(0xD0B, 4, 0, 2_200_000, _V8_2),
}
ARM = 0x41
"""The implementer."""


@dataclass(frozen=True)
class Phone:
    """A phone that does not exist."""

    model: str
    soc: str
    cores: tuple[str, ...]
    """Names in ``CORES``, core 0 first."""
    release: str = "14"
    api: int = 34
    abi: str = "arm64-v8a"

    @property
    def properties(self) -> dict[str, str]:
        """The properties that ``getprop`` prints."""
        return {
            "ro.product.name": self.model.lower().replace(" ", "_"),
            "ro.product.model": self.model,
            "ro.product.device": self.soc,
            "ro.product.manufacturer": "act-mobile",
            "ro.product.cpu.abi": self.abi,
            "ro.product.cpu.abilist": self.abi,
            "ro.build.version.release": self.release,
            "ro.build.version.sdk": str(self.api),
            "ro.build.fingerprint": f"emulated/{self.soc}:{self.release}/NOT-A-PHONE",
            "ro.soc.manufacturer": "QEMU",
            "ro.soc.model": self.soc,
        }


EMULATED = {
    name: Phone(f"Emulated {name.title()}", f"emulated-{name}", (name, name))
    for name in ("cortex-a76", "cortex-a53")
}
"""The phones that QEMU can be: it emulates one kind of core at a time."""


def write_phone(folder: Path, phone: Phone) -> None:
    """Write the phone's files: proc, sys, vendor and an empty data."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, text in _files(phone):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if text.startswith("#!") else 0o644)


def _files(phone: Phone) -> Iterator[tuple[str, str]]:
    yield "proc/cpuinfo", "".join(_cpuinfo(phone))
    yield from _cpu_folder(phone)
    for zone, (kind, milli_celsius) in enumerate((("cpu-0-0", 41000), ("battery", 29500))):
        yield f"sys/class/thermal/thermal_zone{zone}/type", f"{kind}\n"
        yield f"sys/class/thermal/thermal_zone{zone}/temp", f"{milli_celsius}\n"
    properties = "".join(f"{key}={value}\n" for key, value in phone.properties.items())
    yield "vendor/build.prop", properties
    yield "vendor/bin/getprop", GETPROP
    yield "vendor/bin/dumpsys", DUMPSYS
    yield "vendor/bin/cmd", CMD
    yield "vendor/dumpsys/battery", BATTERY
    yield "vendor/dumpsys/power", "Power Manager State:\n  mWakefulness=Awake\n"
    yield "vendor/dumpsys/thermalservice", THERMAL


def _cpuinfo(phone: Phone) -> Iterator[str]:
    for number, name in enumerate(phone.cores):
        core = CORES[name]
        yield f"processor\t: {number}\nBogoMIPS\t: 38.40\nFeatures\t: {core.features}\n"
        yield f"CPU implementer\t: {ARM:#x}\nCPU architecture: 8\n"
        yield f"CPU variant\t: {core.variant:#x}\nCPU part\t: {core.part:#x}\n"
        yield f"CPU revision\t: {core.revision}\n\n"
    yield f"Hardware\t: {phone.soc}\n"


def _cpu_folder(phone: Phone) -> Iterator[tuple[str, str]]:
    """/sys/devices/system/cpu."""
    cpu = "sys/devices/system/cpu"
    every = f"0-{len(phone.cores) - 1}\n"
    for name in ("possible", "present", "online"):
        yield f"{cpu}/{name}", every
    yield f"{cpu}/kernel_max", "7\n"
    for number, kind in enumerate(phone.cores):
        core = CORES[kind]
        alike = ",".join(str(n) for n, other in enumerate(phone.cores) if other == kind)
        cluster = phone.cores.index(kind)
        topology = {
            "core_siblings_list": alike,
            "package_cpus_list": alike,
            "cluster_cpus_list": alike,
            "thread_siblings_list": number,
            "core_cpus_list": number,
            "physical_package_id": 0,
            "core_id": number,
            "cluster_id": cluster,
        }
        frequency = {
            "cpuinfo_max_freq": core.max_khz,
            "scaling_max_freq": core.max_khz,
            "scaling_cur_freq": core.max_khz,
            "cpuinfo_min_freq": 300_000,
            "scaling_governor": "schedutil",
            "related_cpus": alike.replace(",", " "),
        }
        for name, value in topology.items():
            yield f"{cpu}/cpu{number}/topology/{name}", f"{value}\n"
        for name, value in frequency.items():
            yield f"{cpu}/cpu{number}/cpufreq/{name}", f"{value}\n"
        midr = ARM << 24 | core.variant << 20 | 0xF << 16 | core.part << 4 | core.revision
        yield f"{cpu}/cpu{number}/regs/identification/midr_el1", f"{midr:#018x}\n"
        yield from _caches(f"{cpu}/cpu{number}/cache", number, every.strip())


def _caches(folder: str, number: int, every: str) -> Iterator[tuple[str, str]]:
    levels = (
        ("Data", 1, 64, str(number)),
        ("Instruction", 1, 64, str(number)),
        ("Unified", 2, 256, str(number)),
        ("Unified", 3, 2048, every),
    )
    for index, (kind, level, kib, shared) in enumerate(levels):
        values = {
            "type": kind,
            "level": level,
            "size": f"{kib}K",
            "coherency_line_size": 64,
            "ways_of_associativity": 4,
            "number_of_sets": kib * 4,
            "shared_cpu_list": shared,
        }
        for name, value in values.items():
            yield f"{folder}/index{index}/{name}", f"{value}\n"


# They find what they show beside themselves, and Android sets ANDROID_DATA=/data for every shell.
GETPROP = """#!/bin/sh
while IFS='=' read -r key value; do
    case $# in
    0) echo "[$key]: [$value]" ;;
    *) [ "$key" != "$1" ] || echo "$value" ;;
    esac
done < "${0%/bin/*}/build.prop"
"""

DUMPSYS = """#!/bin/sh
if [ -e "${0%/bin/*}/dumpsys/$1" ]; then
    cat "${0%/bin/*}/dumpsys/$1"
else
    echo "Can't find service: $1"
fi
"""

CMD = """#!/bin/sh
if [ "$1 $2" = "power set-fixed-performance-mode-enabled" ]; then
    echo "$3" >> "$ANDROID_DATA/system/fixed-performance"
else
    echo "cmd: Can't find service: $1" >&2
    exit 20
fi
"""

BATTERY = """Current Battery Service state:
  AC powered: false
  USB powered: true
  status: 2
  level: 83
  scale: 100
  temperature: 295
"""

THERMAL = """IsStatusOverride: false
Thermal Status: 0
Cached temperatures:
\tTemperature{mValue=41.0, mType=0, mName=cpu-0-0, mStatus=0}
\tTemperature{mValue=33.2, mType=3, mName=skin, mStatus=0}
"""
