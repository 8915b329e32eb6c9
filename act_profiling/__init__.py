"""What pondering costs on a device: latency, ponder steps and accuracy of an exported model.

Knows artefacts, their manifests and data; imports no torch.
"""

from __future__ import annotations
