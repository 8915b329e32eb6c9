"""Command lines with values that no option may have, or the machine has no room for."""

from __future__ import annotations

from random import Random

ODD = (
    "", "x", "-1", "0", "1", "2", "nan", "inf", "-inf", "1e308", "1e-308", "1e400", "0x10", "²",
    "99999999999999999999", "9" * 5000, "1.5", ".", "..", "/", "/dev/null", "/dev/zero", "\x1b[31m",
    "a b", "é", "\u202e", "none.npz", "m.pt", "r.json", "max_ponder=inf", "max_ponder=1,nan",
    "max_ponder=-1", "halt_threshold=2", "max_ponder=" + "1," * 3000, "fixed:" + "9" * 30,
    "int8", "host", "stream", "ffffffffffffffffffffff", "big", "true", "1000000000", "70000",
)  # fmt: skip

EXPORT = (
    "--target", "--ponder", "--sequence", "--batch", "--precision", "--metric-tolerance",
    "--max-ponder", "--data", "--weights", "--samples", "-o",
)  # fmt: skip
PROFILE = (
    "--data", "--device", "--sweep", "--threads", "--cpus", "--rounds", "--min-count",
    "--min-seconds", "--warmup", "--items", "--runtime", "-o", "--html",
)  # fmt: skip
TRAIN = (
    "--bits", "--cell", "--hidden", "--layers", "--max-ponder", "--epsilon", "--tau", "--halting",
    "--init", "--halting-bias", "--tau-warmup", "--tau-ramp", "--target-steps", "--steps",
    "--batch-size", "--lr", "--lr-decay", "--seed", "--clip",
    "--evaluate-every", "--target-metric", "--patience", "-o",
)  # fmt: skip

QUICK = ("--rounds", "1", "--min-count", "1", "--min-seconds", "0", "--warmup", "0")
SMALL = ("--bits", "4", "--hidden", "3", "--batch-size", "4", "--steps", "2")


LONG = {"--steps", "--min-seconds"}
"""Options with which a user may well ask for a day's work."""


def odd(random: Random, options: tuple[str, ...]) -> list[str]:
    """One to three options, each with a value."""
    chosen = random.sample(options, random.choice((1, 1, 2, 3)))
    values = [
        random.choice([value for value in ODD if not (option in LONG and value.isdecimal())])
        for option in chosen
    ]
    return [word for pair in zip(chosen, values, strict=True) for word in pair]


def export_line(random: Random) -> list[str]:
    return ["m.pt", "--target", "native", "--data", "eval.npz", "-o", "out", *odd(random, EXPORT)]


def profile_line(random: Random) -> list[str]:
    return ["m.actn", "--data", "eval.npz", *QUICK, *odd(random, PROFILE)]


def train_line(random: Random) -> list[str]:
    return ["parity", *SMALL, "-o", "out", *odd(random, TRAIN)]
