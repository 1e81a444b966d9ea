"""Segment Anything: an image is encoded once, and asked for objects as often as one likes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .contract import encode_config, split_settings
from .family import Family, IMAGENET
from .sam_contract import DecoderContract
from ..catalog.manifest import Manifest
from ..closing import Closing
from ..config import EncodeConfig
from ..decode.prompted import choose, MaskGrower
from ..encode.image import ImageEncoder
from ..encode.prompts import batches_of, tokens_of
from ..errors import ModelError
from ..geometry import View
from ..images import RawImage
from ..infer import Backend, open_backend
from ..infer_config import InferConfig
from ..instance_masks import InstanceMasks
from ..prompt_config import PromptConfig
from ..prompts import Prompt
from ..settings import from_mapping, settings_of
from ..tensors import Tensors

Floats = npt.NDArray[np.float32]

# What lies behind the image is 0 after normalisation, as in Meta's code. NVIDIA's graph has 0
# before it: pad_after_normalization: false.
SAM = Family(
    name='sam',
    expects='an encoder of one image, and a decoder with point_coords and point_labels',
    fits=lambda inputs, outputs: True,
    encode={**IMAGENET, 'fit': 'letterbox_top_left', 'pad_after_normalization': True},
)


@dataclass(frozen=True, eq=False)
class Embedding:
    """What an encoder made of one image: it can be asked for objects as often as one likes."""

    features: Tensors
    view: View


@dataclass(frozen=True, eq=False)
class Answer:
    """
    The objects that were shown, in the order of the prompts.

    `coarse` (N, h, w) are the network's own scores: given back with a prompt, they are refined.
    `stability` (N,) says how little each mask depends on the threshold.
    """

    objects: InstanceMasks
    coarse: Floats
    stability: Floats


class PromptedNetwork(Closing):
    """An encoder and a decoder of prompts, or a single network that does both at once."""

    def __init__(
        self,
        encode: ImageEncoder,
        encoder: Backend | None,
        decoder: Backend,
        config: PromptConfig,
        *,
        name: str = '',
    ) -> None:
        """Take networks that are open; they are closed with this."""
        self._encode, self._encoder, self._decoder = encode, encoder, decoder
        self._config = config
        self._contract = DecoderContract.of(name, decoder, config.max_prompts)
        self._grow = MaskGrower(config)
        self.images_encoded = 0
        given = {spec.name for spec in encoder.outputs} if encoder else {encode.spec.name}
        missing = [one for one in self._contract.features if one not in given]
        if missing and len(self._contract.features) > 1:
            raise ModelError(
                f'the decoder of {name} takes {", ".join(missing)}; its encoder gives '
                f'{", ".join(sorted(given))}. Are the two files of one model?'
            )

    def encode(self, image: RawImage) -> Embedding:
        """Encode an image, once for all prompts."""
        tensors = self._encode(image)
        view = self._encode.view_of(image.size)
        self.images_encoded += 1
        return Embedding(self._encoder(tensors) if self._encoder else tensors, view)

    def predict(self, seen: Embedding, prompts: Sequence[Prompt]) -> Answer:
        """Return a mask for each prompt, or several where all are asked for."""
        view, config = seen.view, self._config
        frame = (config.prompt_frame,) * 2 if config.prompt_frame else view.canvas
        tokens = [tokens_of(prompt, view, frame) for prompt in prompts]
        found: list[tuple[Floats, Floats]] = [(_NONE, _NONE)] * len(prompts)
        for places, points, labels in batches_of(tokens, self._contract.most):
            earlier = [prompts[place].mask for place in places]
            given = self._contract.fed(seen.features, points, labels, earlier, view.image)
            answer = self._decoder(given)
            masks, scores = answer[self._contract.masks], answer[self._contract.scores]
            for row, place in enumerate(places):
                found[place] = masks[row].astype(np.float32), scores[row].astype(np.float32)
        return self._answer(view, prompts, found)

    def close(self) -> None:
        """Give back both networks."""
        if self._encoder is not None:
            self._encoder.close()
        self._decoder.close()

    def _answer(
        self, view: View, prompts: Sequence[Prompt], found: Sequence[tuple[Floats, Floats]]
    ) -> Answer:
        how = self._config.multimask
        taken = [
            (prompt, masks[index], scores[index], index)
            for prompt, (masks, scores) in zip(prompts, found, strict=True)
            for index in choose(scores, prompt.is_ambiguous, how)
        ]
        grown = np.zeros((len(taken), *view.image), np.bool_)
        for out, (_, mask, _, _) in zip(grown, taken, strict=True):
            self._grow(mask, view, out)
        # Of several masks of one object each needs a name of its own.
        ids = tuple((one.id, index) if how == 'all' else one.id for one, _, _, index in taken)
        objects = InstanceMasks.of(
            grown,
            # A predicted IoU is a regression, and may lie a little outside.
            np.array([score for _, _, score, _ in taken], np.float32).clip(0, 1),
            np.array([one.class_id for one, _, _, _ in taken], np.int64),
            ids=ids,
            by_score=False,
        )
        coarse = [mask for _, mask, _, _ in taken]
        return Answer(
            objects,
            np.stack(coarse) if coarse else np.zeros((0, *self._contract.mask_size), np.float32),
            np.array([self._grow.stability(mask, view) for mask in coarse], np.float32),
        )


_NONE = np.zeros(0, np.float32)


def open_sam(manifest: Manifest, **chosen: Any) -> PromptedNetwork:
    """
    Open a model with the parts `encoder` and `decoder`, or one that is a single network.

    `chosen` are settings of `InferConfig`, `EncodeConfig` and `PromptConfig`; they win over the
    manifest.
    """
    given = {name: chosen.pop(name) for name in settings_of(InferConfig) if name in chosen}
    infer = {**manifest.infer, **given}
    before, after = split_settings(chosen, EncodeConfig, PromptConfig)
    if manifest.family not in ('', 'auto', SAM.name):
        raise ModelError(
            f'model {manifest.name} is of family {manifest.family}, which takes no prompts; '
            'Segmenter opens it'
        )
    config = from_mapping(PromptConfig, {**manifest.decode, **after})
    opened: list[Backend] = []
    try:
        parts = ('encoder', 'decoder') if manifest.parts else ('',)
        for part in parts:
            opened.append(open_backend(manifest.model_file(part), **infer))
        # The image is the only input with four axes, or the first of them.
        image = next((spec for spec in opened[0].inputs if len(spec.shape) == 4), None)
        if image is None:
            raise ModelError(
                f'model {manifest.name} takes {"; ".join(map(str, opened[0].inputs))}; an image '
                'tensor [N, 3, H, W] is expected'
            )
        encode = ImageEncoder(encode_config(manifest, SAM, image, **before))
        encoder = opened[0] if manifest.parts else None
        return PromptedNetwork(encode, encoder, opened[-1], config, name=manifest.name)
    except BaseException:
        for network in opened:
            network.close()
        raise
