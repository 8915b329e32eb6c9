"""The native engine in Python: runs ``.actn`` files of ``act-export --target native``.

    >>> context = Model("model.actn").context()     # doctest: +SKIP
    >>> context.step(x), context.ponder_steps       # doctest: +SKIP

The engine is C (native/engine, whose act.h this follows), compiled at first use.
"""

from act_engine.engine import Context, Layer, Model, Sequence
from act_engine.errors import ActError

__all__ = ["ActError", "Context", "Layer", "Model", "Sequence"]
