"""An evaluator and a linter for saved Core ML ML Programs, without Apple's runtime.

:class:`Program` runs a ``.mlpackage`` with numpy on any system, :func:`lint` lists what Apple's
compiler is known to reject although coremltools saves it, and :func:`op` adds an op. Importing
this package loads neither coremltools nor torch; coremltools must be installed for its protobuf
classes.
"""

from act_mil.errors import MILError
from act_mil.evaluator import Program
from act_mil.interface import Value
from act_mil.lint import lint
from act_mil.ops import OPS, op

__all__ = ["OPS", "MILError", "Program", "Value", "lint", "op"]
