"""Segment Anything: an image is encoded once, and asked for objects as often as one likes."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .contract import encode_config, split_settings
from .family import Family, IMAGENET
from .sam_contract import DecoderContract
from .sam_engine import part_settings
from ..catalog.manifest import Manifest
from ..closing import Closing
from ..config import EncodeConfig
from ..decode.prompted import choose, MaskGrower, Patch
from ..encode.image import ImageEncoder
from ..encode.prompts import batches_of, tokens_of
from ..errors import ModelError
from ..geometry import Size, View
from ..images import RawImage
from ..infer import Backend, open_backend
from ..infer_config import InferConfig
from ..instance_masks import InstanceMasks
from ..prompt_config import PromptConfig
from ..prompts import Prompt
from ..settings import from_mapping, settings_of
from ..tensors import Tensors, TensorSpec

Floats = npt.NDArray[np.float32]

# Behind the image lies 0 after normalisation, as in Meta's code; NVIDIA's graph has 0 before it.
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


@dataclass(frozen=True, eq=False)
class Candidate:
    """One of the masks that a prompt got: number, coarse scores (h, w) and predicted IoU."""

    prompt: Prompt
    which: int
    coarse: Floats
    score: float


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
        self.grow = MaskGrower(config)
        self.images_encoded = 0
        given = {spec.name for spec in encoder.outputs} if encoder else {encode.spec.name}
        missing = [one for one in self._contract.features if one not in given]
        if missing and len(self._contract.features) > 1:
            raise ModelError(
                f'the decoder of {name} takes {", ".join(missing)}; its encoder gives '
                f'{", ".join(sorted(given))}. Are the two files of one model?'
            )

    @property
    def choice(self) -> str:
        """Return what runs the networks, and why."""
        return self._decoder.choice

    @property
    def config(self) -> PromptConfig:
        """Return thresholds, and which masks are taken."""
        return self._config

    @property
    def mask_size(self) -> Size:
        """Return (height, width) of a mask that a prompt gives back."""
        return self._contract.mask_size

    def change(self, config: PromptConfig) -> None:
        """Take thresholds, and which masks are taken, anew; the other settings stay."""
        self._config, self.grow = config, MaskGrower(config)

    def encode(self, image: RawImage) -> Embedding:
        """Encode an image, once for all prompts."""
        tensors = self._encode(image)
        view = self._encode.view_of(image.size)
        self.images_encoded += 1
        return Embedding(self._encoder(tensors) if self._encoder else tensors, view)

    def candidates(
        self, seen: Embedding, prompts: Sequence[Prompt], how: str
    ) -> Iterator[tuple[int, list[Candidate]]]:
        """
        Return the place of each prompt and the masks that it gets; `how` is as `multimask`.

        Prompts that go through the decoder at once come one after the other, in any order.
        """
        view, config = seen.view, self._config
        frame = (config.prompt_frame,) * 2 if config.prompt_frame else view.canvas
        tokens = [tokens_of(prompt, view, frame) for prompt in prompts]
        for places, points, labels in batches_of(tokens, self._contract.most):
            earlier = [prompts[place].mask for place in places]
            given = self._contract.fed(seen.features, points, labels, earlier, view.image)
            masks, scores = self._contract.read(self._decoder(given), len(places))
            for row, place in enumerate(places):
                rated = scores[row].astype(np.float32)
                taken = choose(rated, prompts[place].is_ambiguous, how)
                # Copied, so that the masks that nobody asked for are not kept.
                yield place, [
                    Candidate(prompts[place], index, masks[row, index].astype(np.float32),
                              float(rated[index]))
                    for index in taken
                ]  # fmt: skip

    def predict(self, seen: Embedding, prompts: Sequence[Prompt]) -> Answer:
        """Return a mask for each prompt, or several where all are asked for."""
        how = self._config.multimask
        by_place: list[list[Candidate]] = [[]] * len(prompts)
        for place, candidates in self.candidates(seen, prompts, how):
            by_place[place] = candidates
        taken = [one for candidates in by_place for one in candidates]
        # Of several masks of one object each needs a name of its own.
        ids = tuple((one.prompt.id, one.which) if how == 'all' else one.prompt.id for one in taken)
        coarse = np.zeros((len(taken), *self._contract.mask_size), np.float32)
        if taken:
            coarse = np.stack([one.coarse for one in taken])
        return Answer(
            objects_of(
                [self.grow(mask, seen.view) for mask in coarse],
                seen.view.image,
                scores=[one.score for one in taken],
                class_ids=[one.prompt.class_id for one in taken],
                ids=ids,
            ),
            coarse,
            np.array([self.grow.stability(mask, seen.view) for mask in coarse], np.float32),
        )

    def close(self) -> None:
        """Give back both networks."""
        if self._encoder is not None:
            self._encoder.close()
        self._decoder.close()


def objects_of(
    patches: Sequence[Patch],
    size: Size,
    *,
    scores: Sequence[float],
    class_ids: Sequence[int],
    ids: tuple[Hashable, ...],
) -> InstanceMasks:
    """Return masks of one image of (height, width), in the order in which they came."""
    masks = np.zeros((len(patches), *size), np.bool_)
    for mask, patch in zip(masks, patches, strict=True):
        patch.paint(mask)
    return InstanceMasks(
        masks,
        # A predicted IoU is a regression, and may lie a little outside.
        np.array(scores, np.float32).clip(0, 1),
        np.array([patch.box for patch in patches], np.float32).reshape(-1, 4),
        ids,
        np.array(class_ids, np.int64),
    )


def image_spec(manifest: Manifest, network: Backend) -> TensorSpec:
    """Return the input of a network that is the image: the first with four axes."""
    for spec in network.inputs:
        if len(spec.shape) == 4:
            return spec
    raise ModelError(
        f'model {manifest.name} takes {"; ".join(map(str, network.inputs))}; an image tensor '
        '[N, 3, H, W] is expected'
    )


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
        other = (
            'follows objects; VideoTracker opens it, and the graph segment_anything2'
            if manifest.family == 'sam2'
            else 'takes no prompts; Segmenter opens it'
        )
        raise ModelError(f'model {manifest.name} is of family {manifest.family}, which {other}')
    config = from_mapping(PromptConfig, {**manifest.decode, **after})
    opened: list[Backend] = []
    try:
        parts = ('encoder', 'decoder') if manifest.parts else ('',)
        for part in parts:
            file = manifest.model_file(part)
            settings = part_settings(part, file, infer, config.max_prompts)
            opened.append(open_backend(file, **settings))
        encode = ImageEncoder(
            encode_config(manifest, SAM, image_spec(manifest, opened[0]), **before)
        )
        encoder = opened[0] if manifest.parts else None
        return PromptedNetwork(encode, encoder, opened[-1], config, name=manifest.name)
    except BaseException:
        for network in opened:
            network.close()
        raise
