"""An emulated phone behind the real ``adb``: adb's device side, phone-like files, arm64 programs.

Nothing here measures time: what runs through QEMU says what a phone would do, not how fast.
"""
