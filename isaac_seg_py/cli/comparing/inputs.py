"""What goes into the networks that `isaac-seg compare` compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import contextlib
import itertools
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ...catalog.manifest import Manifest
from ...encode.image import ImageEncoder
from ...errors import ConfigError, ModelError
from ...families.contract import encode_config
from ...families.family import Family
from ...families.table import find_family
from ...images import RawImage
from ...infer import Backend
from ...media import read_frames
from ...scenes import make_scene
from ...tensors import Tensors

_FIRST_SEED: Final = 800100


def inputs_for(
    manifest: Manifest,
    network: Backend,
    sources: Sequence[str] | None,
    count: int,
    settings: Mapping[str, Any],
) -> Iterator[Tensors]:
    """Return what goes in: images where the network takes one, numbers at random elsewhere."""
    family = _family(manifest, network)
    if family is not None:
        encode = ImageEncoder(encode_config(manifest, family, network.inputs[0], **settings))
        for image in itertools.islice(_images(sources), count):
            tensors = encode(RawImage.from_array(image, 'rgb8'))
            # The encoder uses its memory again, and these are kept.
            yield Tensors({name: array.copy() for name, array in tensors.on_host().items()})
        return
    if sources:
        raise ConfigError(
            f'--inputs are images; {manifest.name} takes {"; ".join(map(str, network.inputs))}'
        )
    random = np.random.default_rng(_FIRST_SEED)
    for _ in range(count):
        shapes = {s: [d if isinstance(d, int) else 1 for d in s.shape] for s in network.inputs}
        yield Tensors(
            {s.name: random.random(shape).astype(s.dtype) for s, shape in shapes.items()}
        )


def _family(manifest: Manifest, network: Backend) -> Family | None:
    """Return the family of a network that takes one image, None for another."""
    if len(network.inputs) != 1 or len(network.inputs[0].shape) != 4:
        return None
    with contextlib.suppress(ModelError):
        return find_family(manifest, network.inputs, network.outputs)
    return None


def _images(sources: Sequence[str] | None) -> Iterator[npt.NDArray[np.uint8]]:
    if sources:
        yield from (frame.image for source in sources for frame in read_frames(source))
    else:
        yield from (make_scene(seed).image for seed in itertools.count(_FIRST_SEED))
