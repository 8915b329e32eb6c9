"""An exported model without torch: its tensors, manifest, data and golden bundle.

Also what every command of the project shares: errors, exit codes, output folders, and the cache of
what is compiled or fetched on this machine. Imports none of the other packages.
"""

__version__ = "0.1.0"
