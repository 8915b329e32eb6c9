"""From measurements to what is shown: ``report.json``, a table on the terminal, an HTML page."""

from __future__ import annotations
