"""Fresh exports in other people's runtimes: ``make test-clients``; ``make compatibility``.

Each client is one file in ``clients/``, registered there; each export is one row of ``exports.py``;
what does not work is recorded, with its cause, in ``known.py``.
"""
