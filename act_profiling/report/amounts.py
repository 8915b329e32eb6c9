"""The format of costs: nanoseconds as µs or ms, instructions as k or M; three digits."""

from __future__ import annotations

UNITS = {
    "latency": ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")),
    "instructions": ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")),
}
NAMES = {"G": "10⁹ instructions", "M": "million instructions", "k": "thousand instructions"}


def unit(cost: str, value: float) -> tuple[float, str]:
    """The unit in which a value has one to three digits before its point, and its sign."""
    for size, sign in UNITS[cost]:
        if abs(value) >= size * 0.9995:
            return size, sign
    return UNITS[cost][-1]


def unit_name(cost: str, sign: str) -> str:
    """For an axis."""
    return sign if cost == "latency" else NAMES.get(sign, "instructions")


def amount(cost: str, value: float) -> str:
    """With its unit: ``41.2 µs``, ``35.0 k``."""
    size, sign = unit(cost, value)
    return f"{digits(value / size)} {sign}".rstrip()


def between(cost: str, interval: tuple[float, float] | list[float]) -> str:
    """An interval in the unit of its larger end: ``39.4 to 39.6 µs``."""
    size, sign = unit(cost, max(abs(value) for value in interval))
    low, high = (digits(value / size) for value in interval)
    return f"{low} to {high} {sign}".rstrip()


def digits(value: float) -> str:
    """Three digits, or more before the point; no exponent."""
    if value == 0:
        return "0"
    return f"{value:.{max(0, min(2, 2 - _exponent(value)))}f}"


def _exponent(value: float) -> int:
    return int(f"{value:.2e}".split("e")[1])
