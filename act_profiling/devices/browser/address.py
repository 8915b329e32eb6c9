"""The page's address in a local network, and as a QR code."""

from __future__ import annotations

import io
import socket

from act_artefact.errors import UserError

OUTSIDE = "192.0.2.1", 9
"""An address of documentation (RFC 5737): asked which way to it leads; nothing is sent."""


def lan_address() -> str:
    """Return this machine's address in its network.

    Raises:
        UserError: it is in none.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(OUTSIDE)
        except OSError:
            raise UserError("--lan: this machine is in no network: leave --lan out") from None
        return str(probe.getsockname()[0])


def qr_code(text: str) -> str:
    """Draw a text as a QR code in half blocks; without the package for it, say what is missing."""
    try:
        import segno
    except ImportError:
        return "(pip install 'act-mobile[browser]' shows a QR code here.)"
    drawn = io.StringIO()
    segno.make(text, micro=False).terminal(drawn, compact=True)
    return drawn.getvalue().rstrip("\n")
