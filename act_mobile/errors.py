"""The two ways in which a command ends badly, and nothing else is caught."""

from __future__ import annotations


class UserError(ValueError):
    """Bad input: one line that names the bad thing and the way out. Exit code 2."""


class CheckFailed(Exception):
    """An artefact or a result failed its check and is not handed out. Exit code 1."""
