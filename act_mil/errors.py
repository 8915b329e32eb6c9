"""The one exception of :mod:`act_mil`."""


class MILError(ValueError):
    """A package is damaged, or it asks for what the evaluator cannot or must not do.

    The message is one line that names the file, value or op at fault and, where there is one, the
    way out.
    """

    def __init__(self, message: str) -> None:
        # Names come from the package, numpy's reasons may be wrapped: neither may break the line.
        super().__init__(" ".join(message.split()))
