"""The tasks whose data are made here or shipped."""

from act_mobile.tasks import TASKS

MADE = [name for name in TASKS if name != "own"]
