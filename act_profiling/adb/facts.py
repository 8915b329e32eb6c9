"""A device's identity and state, read by one command line and parsed here.

A fact that the device does not report is None, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from act_artefact.errors import UserError

CPU = "/sys/devices/system/cpu"

READ = f"""
echo '== properties'; getprop 2>/dev/null
echo '== kernel'; uname -r
echo '== cores'
for core in {CPU}/cpu[0-9]*; do
    max= now= governor=
    read -r max < $core/cpufreq/cpuinfo_max_freq
    read -r now < $core/cpufreq/scaling_max_freq
    read -r governor < $core/cpufreq/scaling_governor
    echo "${{core##*cpu}} max=$max now=$now governor=$governor"
done 2>/dev/null
echo '== battery'; dumpsys battery 2>/dev/null
echo '== power'; dumpsys power 2>/dev/null | grep mWakefulness=
true
"""


@dataclass(frozen=True)
class Core:
    """One core."""

    number: int
    max_khz: int | None
    limit_khz: int | None
    """The highest clock allowed now; less than its maximum where it is throttled."""
    governor: str | None


@dataclass(frozen=True)
class Facts:
    """The facts that a device reports about itself."""

    soc: str | None
    model: str | None
    abis: tuple[str, ...]
    android: str | None
    api: int | None
    fingerprint: str | None
    kernel: str | None
    cores: tuple[Core, ...]
    battery_percent: int | None
    charging: bool | None
    battery_celsius: float | None
    screen: str | None
    """Awake, Asleep, Dozing, ..."""

    def __str__(self) -> str:
        android = self.android and f"Android {self.android}"
        return ", ".join(part for part in (self.model, self.soc, android) if part) or "unknown"

    def to_json(self) -> dict[str, Any]:
        masks = {}
        for cluster in ("big", "little"):
            cores = self.cluster(cluster)
            masks[cluster] = f"{_mask(cores):x}" if cores else None
        return {**asdict(self), "masks": masks}

    def cluster(self, name: str) -> tuple[int, ...]:
        """The big or the little cores: those with the highest and the lowest maximum.

        Where all are alike they are big; none where maxima are not known.
        """
        maxima = {core.max_khz for core in self.cores if core.max_khz}
        if not maxima or (name == "little" and len(maxima) == 1):
            return ()
        wanted = max(maxima) if name == "big" else min(maxima)
        return tuple(core.number for core in self.cores if core.max_khz == wanted)

    def mask(self, cpus: str | None) -> str | None:
        """A mask in hexadecimal from ``big``, ``little`` or a mask.

        Raises:
            UserError: it has no such cores.
        """
        if cpus is None:
            return None
        if cpus in ("big", "little"):
            cores = self.cluster(cpus)
            if not cores:
                raise UserError(
                    f"{self.model or 'the device'} has no {cpus} cores: it says maxima of "
                    f"{sorted({core.max_khz for core in self.cores}, key=str)} kHz; give a mask"
                )
            return f"{_mask(cores):x}"
        value = int(cpus, 16) if re.fullmatch(r"(0x)?[0-9a-fA-F]{1,16}", cpus) else 0
        there = _mask(core.number for core in self.cores)
        if not value or (there and value & ~there):
            raise UserError(
                f"cpus {cpus!r}: give big, little or a mask in hexadecimal within {there:x}"
            )
        return f"{value:x}"


def _mask(cores: Any) -> int:
    return sum(1 << number for number in cores)


def parse(text: str) -> Facts:
    """Understand what ``READ`` printed."""
    sections = dict(_sections(text))
    properties = dict(re.findall(r"^\[(.+?)\]: \[(.*?)\]", sections.get("properties", ""), re.M))
    battery = dict(re.findall(r"^\s+([\w ]+): (.+?)\s*$", sections.get("battery", ""), re.M))
    level, tenths = _integer(battery.get("level")), _integer(battery.get("temperature"))
    power = [value for key, value in battery.items() if key.endswith(" powered")]
    soc = " ".join(
        properties[key] for key in ("ro.soc.manufacturer", "ro.soc.model") if properties.get(key)
    )
    names = (properties.get("ro.product.manufacturer"), properties.get("ro.product.model"))
    abis = properties.get("ro.product.cpu.abilist") or properties.get("ro.product.cpu.abi") or ""
    screen = re.search(r"mWakefulness=(\w+)", sections.get("power", ""))
    return Facts(
        soc=soc or properties.get("ro.board.platform") or properties.get("ro.hardware"),
        model=" ".join(name for name in names if name) or None,
        abis=tuple(abi for abi in abis.split(",") if abi),
        android=properties.get("ro.build.version.release"),
        api=_integer(properties.get("ro.build.version.sdk")),
        fingerprint=properties.get("ro.build.fingerprint"),
        kernel=sections.get("kernel", "").strip() or None,
        cores=tuple(sorted(_cores(sections.get("cores", "")), key=lambda core: core.number)),
        battery_percent=level,
        charging="true" in power if power else None,
        battery_celsius=None if tenths is None else tenths / 10,
        screen=screen[1] if screen else None,
    )


def _sections(text: str) -> Iterator[tuple[str, str]]:
    for section in re.split(r"^== ", text.replace("\r\n", "\n"), flags=re.M)[1:]:
        name, _, rest = section.partition("\n")
        yield name.strip(), rest


def _cores(text: str) -> Iterator[Core]:
    for number, maximum, now, governor in re.findall(
        r"^(\d+) max=(\d*) now=(\d*) governor=(\S*)\s*$", text, re.M
    ):
        yield Core(int(number), _integer(maximum), _integer(now), governor or None)


def _integer(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text.strip()) else None
