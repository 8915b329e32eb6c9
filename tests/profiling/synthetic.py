"""Measurements as a device gives them, made up with a seed: what they hide is known."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from act_profiling.measurement import GoldenCheck, Measurement, Metric, Round, Sample, VariantFacts
from act_profiling.report.build import Report, build
from act_profiling.rows import Row

FIXED, PER_STEP = 38_000.0, 21_300.0
"""Nanoseconds that latency is made of."""
INSTRUCTIONS, INSTRUCTIONS_PER_STEP = 34_969, 21_328

TEXT = (
    "GREMIO:\nGood morrow, neighbour Baptista.\n\nBAPTISTA:\nGood morrow, neighbour Gremio.\n"
    "God save you, gentlemen!\n\nPETRUCHIO:\nAnd you, good sir! Pray, have you not a daughter\n"
    "Call'd Katharina, fair and virtuous?\n"
)


def ponder(text: str, limit: int, seed: int = 0) -> np.ndarray[Any, Any]:
    """N of each character: few inside words, many where a word begins or ends."""
    rng = np.random.default_rng(seed)
    before = (" " + text)[: len(text)]
    hard = np.array(
        [3 + 2 * (b in " \n") + 1.5 * (c in " \n.,!?:") for b, c in zip(before, text, strict=True)]
    )
    return np.clip(np.round(hard + rng.gumbel(0, 0.8, len(text))), 1, limit).astype(np.int32)


def measurement(
    label: str = "charlm.tflite",
    *,
    steps: np.ndarray[Any, Any] | None = None,
    fixed: float = FIXED,
    per_step: float = PER_STEP,
    rounds: int = 5,
    repeats: int = 3,
    metric: float | None = 1.92,
    emulated: bool = False,
    seed: int = 0,
    budget: Mapping[str, float] | None = None,
    max_ponder: int = 8,
    epsilon: float | None = 0.01,
    throttled: int | None = None,
    passed: bool = True,
    **variant: Any,
) -> Measurement:
    """A stream of calls whose latency is a line in N, with jitter, interruptions and warm rounds.

    Args:
        steps: N of each call; by default those of :data:`TEXT`.
        throttled: this round ran at a third of the speed.
    """
    rng = np.random.default_rng(seed)
    steps = ponder(TEXT, max_ponder) if steps is None else steps
    made = []
    for number in range(rounds if passed else 0):
        speed = float(rng.lognormal(0, 0.004)) * (3.0 if number == throttled else 1.0)
        rows, counts = [], []
        for repeat in range(repeats):
            latency = (fixed + per_step * steps) * speed + rng.gamma(2.0, 900.0, len(steps))
            latency[rng.random(len(steps)) < 0.004] *= 6
            for call, n in enumerate(steps):
                outputs = {
                    "ponder_steps": np.array([[n]], np.int32),
                    "remainder": np.array([[0.3]], np.float32),
                }
                digest = zlib.crc32(bytes([call % 256]))
                rows.append(Row(call, repeat, int(latency[call]), digest, outputs))
                counts.append(_counts(int(n)))
        made.append(
            Round(
                tuple(rows),
                {"runtime": "litert 2.3.0", "init_ns": 4_100_000 + 10_000 * number}
                | {"first_ns": 912_000, "warmup_ns": 2_100_000, "peak_kib": 9_216},
                counts=tuple(counts) if emulated else (),
                throttled=number == throttled,
                notes=("throttled",) if number == throttled else (),
            )
        )
    facts = {
        "artefact": "charlm.tflite",
        "sha256": "5f" * 32,
        "target": "tflite",
        "ponder": "loop",
        "precision": "fp32",
        "batch": 1,
        "sequence": "stream",
    }
    return Measurement(
        VariantFacts(
            label=label,
            max_ponder=max_ponder,
            epsilon=epsilon,
            budget=budget or {},
            **{**facts, **variant},
        ),
        GoldenCheck(True, 8, {"y": 1.2e-6, "remainder": 3.0e-7})
        if passed
        else GoldenCheck(False, 8, {"y": 0.21}, 3, "y of call 2 is off by 0.21"),
        tuple(made),
        metric=Metric("bits_per_char", metric) if metric is not None else None,
        memory={"peak_kib": 9_216, "init_peak_kib": 7_424},
        sample=Sample(
            np.asarray(steps),
            tokens=np.frombuffer(TEXT.encode(), np.uint8)[: len(steps)],
            vocabulary="bytes",
        ),
    )


def _counts(n: int) -> dict[str, int]:
    return {
        "instructions": INSTRUCTIONS + INSTRUCTIONS_PER_STEP * n,
        "macs": 8_192 + 65_536 * n,
        "loads": 9_120 + 6_214 * n,
        "stores": 4_050 + 1_130 * n,
    }


def sweep(emulated: bool = False) -> list[Measurement]:
    """A budget sweep of one artefact, a fixed-repeat baseline and an unrolled one."""
    found = [
        measurement(
            f"charlm.tflite max_ponder={limit}",
            metric=bits,
            seed=limit,
            emulated=emulated,
            steps=ponder(TEXT, limit),
            budget={"max_ponder": limit},
        )
        for limit, bits in ((1, 2.61), (2, 2.34), (3, 2.12), (4, 2.01), (6, 1.935), (8, 1.921))
    ]
    count = len(TEXT)
    for repeat, bits in ((2, 2.29), (4, 2.06), (6, 1.97)):
        found.append(
            measurement(
                f"fixed:{repeat}",
                artefact=f"fixed{repeat}.tflite",
                metric=bits,
                epsilon=None,
                emulated=emulated,
                steps=np.full(count, repeat, np.int32),
                max_ponder=repeat,
                ponder="unroll",
                seed=20 + repeat,
            )
        )
    if not emulated:
        whole = FIXED + 8.4 * PER_STEP
        found.append(
            measurement(
                "charlm unrolled", ponder="unroll", metric=1.921, fixed=whole, per_step=0.0, seed=31
            )
        )
    return found


def report(measurements: list[Measurement], emulated: bool = False, **changes: Any) -> Report:
    """Build the report of a phone, or of an emulated device."""
    arguments: dict[str, Any] = {
        "device": "adb:29051FDH",
        "identity": "Pixel 7 (panther), Tensor G2",
        "device_facts": {
            "soc": "Tensor G2",
            "os": "Android 14",
            "governor": "sched_pixel",
            "cores": "4 x 1803 MHz, 2 x 2348 MHz, 2 x 2850 MHz",
            "battery": {"level": 84, "charging": False},
            "thermal": {"before": 0, "after": 0},
        },
        "data": {
            "name": "eval.npz",
            "sha256": "ab" * 32,
            "sequences": 6,
            "time_steps": len(TEXT),
        },
        "versions": {"act-mobile": "0.1.0", "act-runner": "0.1.0", "runtime": "litert 2.3.0"},
        "settings": {"threads": 1, "cpus": "c0", "warmup": 10, "rounds": 5, "min_seconds": 1.0},
        "boundary": "the runtime's invoke call; inputs and outputs in bound buffers",
    }
    if emulated:
        arguments |= {
            "device": "emulated",
            "identity": "qemu-user cortex-a76",
            "device_facts": {"cpu": "cortex-a76", "qemu": "7.2"},
        }
    return build(measurements, reports_latency=not emulated, **{**arguments, **changes})
