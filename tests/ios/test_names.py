"""The Kotlin and the Swift library have the same public names."""

from __future__ import annotations

import pytest

from tests.ios.names import KOTLIN, SWIFT, public_names
from tests.swift.compiler import CHECKOUT

pytestmark = pytest.mark.ios

KOTLIN_SOURCES = [
    *sorted((CHECKOUT / "android_demo/act/src/main").rglob("*.kt")),
    CHECKOUT / "android_demo/app/src/main/kotlin/io/actmobile/demo/run/Benchmark.kt",
]
SWIFT_SOURCES = sorted((CHECKOUT / "ios_demo/ActKit/Sources/ActKit").glob("*.swift"))

A_CASE = "Kotlin has it as one of the platform's own types, Any?"
AGAIN = "a protocol's requirement, which Kotlin's subclasses inherit"
PROFILED = "act-profile starts the iOS app with more options than Android's"
PLAN = "Android's app reads act-runner's plan; launch arguments are the plan on iOS"
ERROR = "how Swift prints an error"

ONLY_KOTLIN = {
    "HostDriven.close": "Swift frees a model with its last use",
    **dict.fromkeys(
        (
            "Benchmark.CALL",
            "Benchmark.DONE",
            "Benchmark.Ending",
            "Benchmark.Ending.code",
            "Benchmark.Ending.words",
            "Benchmark.OPENING",
            "Benchmark.ROWS",
            "Benchmark.USAGE",
            "Call",
            "Call.data",
            "Call.fresh",
            "Call.isFirst",
            "Call.state",
            "Call.time",
            "Calls",
            "Calls.read",
            "Calls.size",
            "Floats.freshRows",
            "Plan",
            "Plan.parse",
            "Plan.read",
            "Rows.flush",
        ),
        PLAN,
    ),
}
ONLY_SWIFT = {
    "ActStreamer.setBudget": "an actor's properties are not set from outside",
    "Benchmark.factsSuffix": PROFILED,
    "Benchmark.mostRuns": PROFILED,
    "Flags.shape": AGAIN,
    "Floats.shape": AGAIN,
    "Ints.shape": AGAIN,
    "Json.array": A_CASE,
    "Json.bool": A_CASE,
    "Json.null": A_CASE,
    "Json.number": A_CASE,
    "Json.object": A_CASE,
    "Json.string": A_CASE,
    "Part.Threshold.number": A_CASE,
    "Part.Threshold.value": A_CASE,
    "Refused.description": ERROR,
    "Refused.errorDescription": ERROR,
}
"""Names of one language, and why."""


def test_both_have_the_same_names() -> None:
    kotlin = public_names(KOTLIN_SOURCES, KOTLIN)
    swift = public_names(SWIFT_SOURCES, SWIFT)
    assert len(kotlin) > 80
    assert {kotlin[key] for key in kotlin.keys() - swift.keys()} == ONLY_KOTLIN.keys()
    assert {swift[key] for key in swift.keys() - kotlin.keys()} == ONLY_SWIFT.keys()
