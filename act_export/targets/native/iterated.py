"""The network of an iterated model: its convolutions as maps of patches."""

from __future__ import annotations

from torch import nn

from act_artefact.errors import UserError
from act_export.subject import Subject
from act_export.targets.native.description import Affine, Array, Image, Layer, Network, patches
from act_export.targets.native.panels import PANEL
from act_export.targets.native.policy import array, halting_unit, policy_number
from act_export.targets.native.surroundings import refused
from act_mobile.iterated import IteratedModel
from act_mobile.steps.conv_gru import ConvGRU

MOST_NUMBERS = 1 << 24
"""The engine's limit: places of the largest image, with a frame of one, times channels."""


def iterated_network(subject: Subject, model: IteratedModel) -> Network:
    """Read an iterated model's network.

    Raises:
        UserError: the engine cannot express it, and why.
    """
    config, ponder = model.config, model.ponder
    step, policy = ponder.step, ponder.policy
    number = policy_number(subject, policy)
    if policy.state:
        raise refused(subject, f"its halting, {policy}, keeps a state, and images leave none")
    if type(step) is not ConvGRU:
        raise refused(subject, f"has a step of its own, {type(step).__name__}")
    channels = max(config.channels, -(-config.hidden_size // PANEL) * PANEL)
    numbers = (config.height + 2) * (config.width + 2) * channels
    if numbers > MOST_NUMBERS:
        raise UserError(
            f"target native: {subject.name}: images of {config.height} x {config.width} places of "
            f"{channels} channels are more than the engine's {MOST_NUMBERS:,} numbers: make the "
            "model's height and width smaller, the largest that it is to be deployed for"
        )
    layer = Layer(
        "conv_gru",
        number,
        policy.max_ponder,
        float(policy.budget.threshold),
        _map(step.input),
        None,
        _map(step.recurrent),
        halting_unit(ponder.halting, step.summary),
    )
    head = Affine(array(model.head.weight).reshape(config.output_size, -1), _bias(model.head))
    image = Image(_map(model.encoder[0]), config.height, config.width, config.pooled, config.filled)
    return Network(None, (layer,), head, image)


def _map(convolution: nn.Module) -> Affine:
    assert isinstance(convolution, nn.Conv2d)
    return patches(array(convolution.weight), _bias(convolution))


def _bias(convolution: nn.Conv2d) -> Array:
    assert convolution.bias is not None
    return array(convolution.bias)
