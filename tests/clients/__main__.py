"""Run every export in every client and, if all is as recorded, write docs/compatibility.md.

usage: python -m tests.clients
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.clients.table import PAGE, render


def main() -> int:
    os.environ.pop("ACT_CLIENTS", None)
    code = pytest.main(["-m", "clients", "-q", str(Path(__file__).parent)])
    if code == pytest.ExitCode.OK:
        PAGE.write_text(render())
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
