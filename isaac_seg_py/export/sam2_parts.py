"""
Segment Anything 2 in two parts that see an image: its encoder, and the decoder of prompts.

The modules are those of transformers' `Sam2VideoModel` or `EdgeTamVideoModel`. The decoder takes
any number of objects, gives all four masks of each, and leaves the choice to where the prompt is
known.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn, Tensor

ENCODER_OUTPUTS = ('image_embed', 'high_res_feats_0', 'high_res_feats_1', 'vision_features')
DECODER_INPUTS = (
    *ENCODER_OUTPUTS[:3], 'point_coords', 'point_labels', 'mask_input', 'has_mask_input',
)  # fmt: skip
DECODER_OUTPUTS = (
    'low_res_masks', 'iou_predictions', 'obj_ptrs', 'object_score_logits', 'stability',
)  # fmt: skip
# Raw score of a pixel where the object is not to be seen at all.
_ABSENT = -1024.0


class ImageEncoder(nn.Module):
    """From the image, normalised on its canvas, to its features."""

    def __init__(self, model: Any) -> None:
        """Take the encoder of a model."""
        super().__init__()
        self.encoder = model.vision_encoder
        self.project_0, self.project_1 = model.mask_decoder.conv_s0, model.mask_decoder.conv_s1
        self.no_memory = model.no_memory_embedding
        backbone = self.encoder.backbone
        if not hasattr(backbone, '_get_pos_embed'):
            return  # the convolutions of EdgeTAM know no places
        stride = backbone.patch_embed.projection.stride[0]
        side = model.image_size // stride
        with torch.no_grad():
            places = backbone._get_pos_embed((side, side)).detach().clone()
        # The same for every image: interpolated here, and not in the network.
        backbone._get_pos_embed = lambda size: places

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Encode (1, 3, H, W)."""
        fine, middle, coarse = self.encoder(image).fpn_hidden_states
        bare = self.no_memory.reshape(1, -1, 1, 1)
        return coarse + bare, self.project_0(fine), self.project_1(middle), coarse


class PromptDecoder(nn.Module):
    """From features and prompts to masks, and what is worth to be remembered."""

    def __init__(self, model: Any) -> None:
        """Take the prompt encoder and the mask decoder of a model."""
        super().__init__()
        self.prompts, self.masks = model.prompt_encoder, model.mask_decoder
        self.pointers, self.no_pointer = model.object_pointer_proj, model.no_object_pointer
        with torch.no_grad():
            places = model.get_image_wide_positional_embeddings()
        # One for each cell of the features: the same for every image.
        self.register_buffer('places', places.detach().clone(), persistent=False)

    def forward(
        self,
        embedding: Tensor,
        fine: Tensor,
        middle: Tensor,
        points: Tensor,
        labels: Tensor,
        masks: Tensor,
        has_mask: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """
        Return masks (B, 4, h, w), predicted IoU (B, 4), pointers (B, 4, D), presence, stability.

        Takes features of the image for each object (B, D, h, w), finer ones for all, points
        (B, N, 2) in pixels of the canvas, labels (B, N), masks (B, 1, h, w) and which count (B,).
        """
        decoder = self.masks
        own = torch.cat(
            [decoder.obj_score_token.weight, decoder.iou_token.weight, decoder.mask_tokens.weight]
        ).unsqueeze(0)
        asked = self._points(points, labels)
        tokens = torch.cat([own.expand(asked.shape[0], -1, -1), asked], dim=1)
        cells = embedding + self._dense(masks, has_mask)
        heard, seen = decoder.transformer(
            point_embeddings=tokens.unsqueeze(1),
            image_embeddings=cells,
            image_positional_embeddings=self.places.expand(cells.shape[0], -1, -1, -1),
            attention_similarity=None,
        )
        heard = heard.squeeze(1)
        mask_tokens = heard[:, 2 : 2 + decoder.num_mask_tokens]
        scores = self._masks(mask_tokens, seen, cells, fine, middle)
        presence = decoder.pred_obj_score_head(heard[:, 0])
        there = (presence > 0).to(scores.dtype).unsqueeze(-1)
        pointers = there * self.pointers(mask_tokens) + (1 - there) * self.no_pointer
        absent = torch.full_like(scores[:1, :1, :1, :1], _ABSENT)
        shown = torch.where(there.unsqueeze(-1) > 0, scores, absent)
        return (
            shown,
            decoder.iou_prediction_head(heard[:, 1]),
            pointers,
            presence,
            self._stability(scores[:, 0]),
        )

    def _points(self, points: Tensor, labels: Tensor) -> Tensor:
        """Say of each point where it is and what it means."""
        side = self.prompts.input_image_size
        # The place of a pixel is its centre.
        share = (points + 0.5) / side
        turns = (
            2 * math.pi * ((2 * share - 1) @ self.prompts.shared_embedding.positional_embedding)
        )
        where = torch.cat([torch.sin(turns), torch.cos(turns)], dim=-1)
        kind = labels.unsqueeze(-1)
        told = torch.where(kind == -1, self.prompts.not_a_point_embed.weight, where)
        meanings = self.prompts.point_embed.weight
        for index in range(meanings.shape[0]):
            told = told + (kind == index).to(told.dtype) * meanings[index]
        return told

    def _dense(self, masks: Tensor, has_mask: Tensor) -> Tensor:
        """Say of each cell what an earlier mask has there."""
        counts = has_mask.reshape(-1, 1, 1, 1)
        nothing = self.prompts.no_mask_embed.weight.reshape(1, -1, 1, 1)
        return counts * self.prompts.mask_embed(masks) + (1 - counts) * nothing

    def _masks(
        self, tokens: Tensor, seen: Tensor, cells: Tensor, fine: Tensor, middle: Tensor
    ) -> Tensor:
        """Multiply what each mask token has learned to look for with what is at each place."""
        decoder = self.masks
        grid = seen.squeeze(1).transpose(1, 2).reshape(cells.shape)
        grid = decoder.upscale_layer_norm(decoder.upscale_conv1(grid) + middle)
        grid = decoder.activation(decoder.upscale_conv2(decoder.activation(grid)) + fine)
        wanted = [
            network(tokens[:, index])
            for index, network in enumerate(decoder.output_hypernetworks_mlps)
        ]
        return torch.einsum('bkc,bchw->bkhw', torch.stack(wanted, dim=1), grid)

    def _stability(self, scores: Tensor) -> Tensor:
        """Return how little the first mask changes when its threshold moves, (B, 1)."""
        delta = self.masks.dynamic_multimask_stability_delta
        sure = (scores > delta).to(scores.dtype).flatten(1).mean(1, keepdim=True)
        perhaps = (scores > -delta).to(scores.dtype).flatten(1).mean(1, keepdim=True)
        # Means, because a half counts no further than 65504.
        return torch.where(perhaps > 0, sure / perhaps.clamp(min=1e-9), torch.ones_like(sure))
