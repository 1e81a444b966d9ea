"""
Segment Anything in two parts, around the networks of transformers' `SamModel`.

The decoder takes any number of objects with the same number of points, and gives all four masks of
each: which one is meant is decided where the prompt is known.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn, Tensor

DECODER_INPUTS = (
    'image_embeddings', 'point_coords', 'point_labels', 'mask_input', 'has_mask_input',
)  # fmt: skip
DECODER_OUTPUTS = ('iou_predictions', 'low_res_masks')


class ImageEncoder(nn.Module):
    """From the image, normalised on its canvas, to its features."""

    def __init__(self, model: Any) -> None:
        """Take the encoder of a model."""
        super().__init__()
        self.encoder = model.vision_encoder

    def forward(self, image: Tensor) -> tuple[Tensor]:
        """Encode (1, 3, H, W)."""
        return (self.encoder(image).last_hidden_state,)


class PromptDecoder(nn.Module):
    """From features and prompts to masks and how good they are thought to be."""

    def __init__(self, model: Any) -> None:
        """Take the prompt encoder and the mask decoder of a model."""
        super().__init__()
        self.prompts, self.masks = model.prompt_encoder, model.mask_decoder
        with torch.no_grad():
            places = model.get_image_wide_positional_embeddings()
        # One for each cell of the features: the same for every image.
        self.register_buffer('places', places.detach().clone(), persistent=False)

    def forward(
        self, features: Tensor, points: Tensor, labels: Tensor, masks: Tensor, has_mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """
        Return the predicted IoU (B, 4) and the masks (B, 4, h, w).

        Takes the features of one image, points (B, N, 2) in pixels of the canvas, labels (B, N),
        masks (B, 1, h, w) and which of them count (B,).
        """
        tokens = torch.cat(
            [self.masks.iou_token.weight, self.masks.mask_tokens.weight], dim=0
        ).unsqueeze(0)
        asked = self._points(points, labels)
        tokens = torch.cat([tokens.expand(asked.shape[0], -1, -1), asked], dim=1)
        cells = features + self._dense(masks, has_mask)
        places = self.places.expand(cells.shape[0], -1, -1, -1)
        # transformers has an axis of images and one of prompts: here all are images of one prompt.
        heard, seen = self.masks.transformer(
            point_embeddings=tokens.unsqueeze(1),
            image_embeddings=cells,
            image_positional_embeddings=places,
            attention_similarity=None,
        )
        heard = heard.squeeze(1)
        return self._ratings(heard), self._masks(heard, seen, cells)

    def _points(self, points: Tensor, labels: Tensor) -> Tensor:
        """Say of each point where it is and what it means."""
        side = self.prompts.input_image_size
        # The place of a pixel is its centre.
        turns = (
            2 * (points + 0.5) / side - 1
        ) @ self.prompts.shared_embedding.positional_embedding
        turns = 2 * math.pi * turns
        where = torch.cat([torch.sin(turns), torch.cos(turns)], dim=-1)
        kind = labels.unsqueeze(-1)
        told = torch.where(kind == -1, self.prompts.not_a_point_embed.weight, where)
        for index, embedding in enumerate(self.prompts.point_embed):
            told = told + (kind == index).to(told.dtype) * embedding.weight
        return told

    def _dense(self, masks: Tensor, has_mask: Tensor) -> Tensor:
        """Say of each cell what an earlier mask has there."""
        given = self.prompts.mask_embed(masks)
        nothing = self.prompts.no_mask_embed.weight.reshape(1, -1, 1, 1)
        counts = has_mask.reshape(-1, 1, 1, 1)
        return counts * given + (1 - counts) * nothing

    def _ratings(self, heard: Tensor) -> Tensor:
        ratings: Tensor = self.masks.iou_prediction_head(heard[:, 0])
        return ratings

    def _masks(self, heard: Tensor, seen: Tensor, cells: Tensor) -> Tensor:
        """Multiply what each mask token has learned to look for with what is at each place."""
        decoder = self.masks
        grid = seen.squeeze(1).transpose(1, 2).reshape(cells.shape)
        grid = decoder.activation(decoder.upscale_layer_norm(decoder.upscale_conv1(grid)))
        grid = decoder.activation(decoder.upscale_conv2(grid))
        wanted = [
            network(heard[:, 1 + index])
            for index, network in enumerate(decoder.output_hypernetworks_mlps)
        ]
        return torch.einsum('bkc,bchw->bkhw', torch.stack(wanted, dim=1), grid)
