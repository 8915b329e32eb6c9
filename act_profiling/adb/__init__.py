"""Devices that the real ``adb`` reaches: which there are, commands on them, files to and from."""

from act_profiling.adb.client import Adb, DeviceGone, Done
from act_profiling.adb.connection import Connection
from act_profiling.adb.discovery import find, listed

__all__ = ["Adb", "Connection", "DeviceGone", "Done", "find", "listed"]
