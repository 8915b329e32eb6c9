"""A device's temperatures, and its throttling by heat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from act_profiling.adb.facts import CPU

STATUSES = ("none", "light", "moderate", "severe", "critical", "emergency", "shutdown")
"""Android's thermal statuses, 0 first."""

READ = f"""
echo "thermal begin"
dumpsys thermalservice 2>/dev/null | grep -E 'Thermal Status|Temperature'
for zone in /sys/class/thermal/thermal_zone*; do
    read -r kind < $zone/type && read -r temp < $zone/temp && echo "zone $kind $temp"
done 2>/dev/null
for core in {CPU}/cpu[0-9]*/cpufreq; do
    read -r now < $core/scaling_max_freq && read -r max < $core/cpuinfo_max_freq &&
        echo "limit $now $max"
done 2>/dev/null
echo "thermal end"
"""

_TEMPERATURE = re.compile(r"Temperature\{mValue=([\d.]+), mType=\d+, mName=([^,]+), mStatus=\d+\}")


@dataclass(frozen=True)
class Thermal:
    """One reading."""

    status: int | None
    """Android's, 0 to 6; None where the device does not say."""
    celsius: dict[str, float]
    limited_cores: int
    """Cores that are let run at less than their maximum."""

    @property
    def throttled(self) -> bool:
        return bool(self.status) or self.limited_cores > 0

    def __str__(self) -> str:
        said = [] if self.status is None else [f"thermal status {_name(self.status)}"]
        if self.limited_cores:
            said.append(f"{self.limited_cores} cores below their maximum")
        if self.celsius:
            name, hottest = max(self.celsius.items(), key=lambda item: item[1])
            said.append(f"{name} {hottest:g} C")
        return ", ".join(said) or "nothing known"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def parse(text: str) -> list[Thermal]:
    """The readings that ``READ`` printed, each time that it was run; a cut one is left out."""
    return [
        _reading(reading)
        for reading in re.findall(r"^thermal begin\r?$(.*?)^thermal end\r?$", text, re.M | re.S)
    ]


def _reading(text: str) -> Thermal:
    status = re.search(r"Thermal Status: (\d)\b", text)
    celsius = {name: float(value) for value, name in _TEMPERATURE.findall(text)}
    if not celsius:
        zones = re.findall(r"^zone (\S+) (-?\d+)\r?$", text, re.M)
        celsius = {name: int(value) / 1000 for name, value in zones}
    limits = re.findall(r"^limit (\d+) (\d+)\r?$", text, re.M)
    return Thermal(
        int(status[1]) if status else None,
        celsius,
        sum(int(now) < int(most) for now, most in limits),
    )


def hottest(readings: Sequence[Thermal]) -> Thermal | None:
    """The worst of several readings."""
    return max(
        readings,
        key=lambda r: (r.status or 0, r.limited_cores, max(r.celsius.values(), default=0.0)),
        default=None,
    )


def _name(status: int) -> str:
    return STATUSES[status] if status < len(STATUSES) else str(status)
