"""docs/compatibility.md is what is recorded, and every record is of an export that is run."""

from __future__ import annotations

from tests.clients.table import PAGE, render, unused


def test_page_is_as_recorded() -> None:
    assert PAGE.read_text() == render(), "make compatibility writes it anew"


def test_every_record_is_used() -> None:
    assert not unused()
