"""
A decoder of many prompts: what a prompt changes is a few tokens, and a small network of its own.

Tokens look at cells that all prompts share. What they found says the weights of two layers, which
read each pixel of 1/4 of the picture, as in CondInst: no prompt has maps of its own before the
last product, so that twenty prompts cost little more than one.
"""

from __future__ import annotations

import torch
from torch import nn, Tensor
from torch.nn import functional

from .sam_model import MASKS, TinySam, WIDTH
from .sam_parts import Attention, Positions, twice

_INNER, _HEADS, _LAYERS = 32, 4, 2
_MIDDLE, _FINE = 32, 24
_STRIDE = 4
_LABELS = 5
_OWN = 4
# Features of a pixel that are learned, and what is said of its place: 1, x, y, and their products.
_LEARNED, _PLACE = 26, 6
_READ = _LEARNED + _PLACE
_HIDDEN = 8


class LeanLayer(nn.Module):
    """Tokens of a prompt look at each other and at the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.among = Attention(WIDTH, WIDTH, _HEADS)
        self.look = Attention(WIDTH, _INNER, _HEADS)
        self.think = nn.Sequential(
            nn.Linear(WIDTH, 2 * WIDTH), nn.ReLU(), nn.Linear(2 * WIDTH, WIDTH)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(3))

    def forward(self, tokens: Tensor, places: Tensor, cells: Tensor, placed: Tensor) -> Tensor:
        """Give tokens (B, T, C) anew; cells are (P, K, C), and a picture has B / P prompts."""
        with_places = tokens + places
        tokens = self.norms[0](tokens + self.among(with_places, with_places, tokens))
        asking = (tokens + places).reshape(cells.shape[0], -1, WIDTH)
        looked = self.look(asking, placed, cells).reshape(tokens.shape)
        tokens = self.norms[1](tokens + looked)
        out: Tensor = self.norms[2](tokens + self.think(tokens))
        return out


class LeanDecoder(nn.Module):
    """Answers prompts about pictures that were encoded."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side
        self.positions = Positions(WIDTH, side)
        self.labels = nn.Parameter(torch.randn(_LABELS, WIDTH) * 0.5)
        self.own_tokens = nn.Parameter(torch.randn(_OWN, WIDTH) * 0.5)
        self.spot = nn.Linear(_FINE + _LEARNED, WIDTH)
        self.mask_look = nn.Linear(_LEARNED, WIDTH)
        self.mask_place = nn.Linear((side // 32) ** 2, WIDTH)
        self.no_mask = nn.Parameter(torch.zeros(WIDTH))
        self.detail = nn.Conv2d(4 * _MIDDLE, WIDTH, 1)
        self.layers = nn.ModuleList(LeanLayer() for _ in range(_LAYERS))
        self.down = nn.Conv2d(WIDTH, _MIDDLE, 1)
        self.around = nn.Conv2d(_MIDDLE, _MIDDLE, 3, padding=1)
        self.finer = nn.Conv2d(_MIDDLE, _FINE, 1)
        self.read = nn.Conv2d(_FINE, _LEARNED, 1)
        self.first = nn.Linear(_OWN * WIDTH, _HIDDEN * _READ)
        self.extent = nn.Linear(_OWN * WIDTH, 4)
        with torch.no_grad():
            # Places grow with the square of the distance.
            of_place = self.first.weight.view(_HIDDEN, _READ, -1)[:, _LEARNED:]
            of_place.mul_(0.01)
            self.first.bias.view(_HIDDEN, _READ)[:, _LEARNED:].mul_(0.01)
        self.second = nn.Linear(_OWN * WIDTH, MASKS * _HIDDEN)
        with torch.no_grad():
            self.second.weight.mul_(0.1)
        self.score = nn.Sequential(
            nn.Linear(_OWN * WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, MASKS)
        )

    @torch.no_grad()
    def begin_with(self, sam: TinySam) -> None:
        """Take what fits from a network whose decoder gives each prompt maps of its own."""
        self.labels.copy_(sam.prompts.labels)
        self.spot.weight[:, :_FINE] = sam.prompts.spot.weight
        self.spot.bias.copy_(sam.prompts.spot.bias)
        # Its first token, of presence, has nothing to do here.
        self.own_tokens.copy_(sam.decoder.own_tokens[1 : 1 + _OWN])
        self.down.load_state_dict(sam.decoder.to_middle.state_dict())
        self.finer.load_state_dict(sam.decoder.to_fine.state_dict())
        nn.init.dirac_(self.around.weight)
        self.around.weight.add_(torch.randn_like(self.around.weight) * 0.02)
        nn.init.zeros_(self.around.bias)
        self.detail.weight.mul_(0.3)
        for layer, theirs in zip(self.layers, sam.decoder.transformer.layers, strict=True):
            # The last of their norms is that of cells.
            own = layer.state_dict()
            layer.load_state_dict({name: theirs.state_dict()[name] for name in own})

    def forward(
        self, embeddings: Tensor, points: Tensor, labels: Tensor, mask: Tensor, has_mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """
        Give the expected IoU (B, 4) and the masks (B, 4, S / 4, S / 4).

        `embeddings` are of P pictures; there are B / P prompts for each, one picture after the
        other.
        """
        pictures, _, rows, columns = embeddings.shape
        deep, packed, fine = embeddings.split([WIDTH, 4 * _MIDDLE, 16 * _FINE], dim=1)
        cells = (deep + self.detail(packed)).flatten(2).transpose(1, 2)
        placed = cells + self.positions.of_cells(rows, columns, 4 * _STRIDE)
        fine = functional.pixel_shuffle(fine, 4)
        seen = self.pixels(deep, functional.pixel_shuffle(packed, 2), fine)
        tokens = self.tokens(points, labels, torch.cat([fine, seen], dim=1).flatten(2))
        seen = seen.flatten(2)
        shown = self.of_mask(mask, has_mask, seen)
        own = self.own_tokens + shown[:, None]
        tokens = places = torch.cat([own, tokens], dim=1)
        for layer in self.layers:
            tokens = layer(tokens, places, cells, placed)
        found = tokens[:, :_OWN].flatten(1)
        here = self.places(4 * rows, 4 * columns).expand(pictures, -1, -1)
        read = torch.cat([seen, here], dim=1)
        first = self.first(found).reshape(-1, _HIDDEN, _READ)
        around, place = first.split([_LEARNED, _PLACE], dim=2)
        place = place @ self.frame(points, labels, self.extent(found))
        first = torch.cat([around, place], dim=2).reshape(pictures, -1, _READ)
        hidden = first @ read
        hidden = functional.relu(hidden).reshape(-1, _HIDDEN, 16 * rows * columns)
        logits = self.second(found).reshape(-1, MASKS, _HIDDEN) @ hidden
        return (
            self.score(found).sigmoid(),
            logits.reshape(-1, MASKS, 4 * rows, 4 * columns),
        )

    def pixels(self, deep: Tensor, middle: Tensor, fine: Tensor) -> Tensor:
        """Give (P, L, H / 4, W / 4), what all prompts read."""
        around = functional.relu(self.around(functional.relu(twice(self.down(deep)) + middle)))
        out: Tensor = self.read(functional.relu(twice(self.finer(around)) + fine))
        return out

    def tokens(self, points: Tensor, labels: Tensor, seen: Tensor) -> Tensor:
        """Give (B, N, C) for points (B, N, 2) and labels (B, N): where, what, and on what."""
        kinds = torch.arange(-1, _LABELS - 1, dtype=labels.dtype, device=labels.device)
        chosen = (labels[..., None] == kinds).to(points.dtype)
        somewhere = (labels >= 0).to(points.dtype)[..., None]
        pictures, channels, _ = seen.shape
        side = self.side // _STRIDE
        cell = (points / _STRIDE).clamp(0, side - 1).floor()
        at = (cell[..., 1] * side + cell[..., 0]).long().reshape(pictures, 1, -1)
        looks = seen.gather(2, at.expand(-1, channels, -1)).transpose(1, 2)
        spots = self.spot(looks).reshape(points.shape[0], -1, WIDTH)
        tokens: Tensor = (self.positions(points) + spots) * somewhere + chosen @ self.labels
        return tokens

    def of_mask(self, mask: Tensor, has_mask: Tensor, seen: Tensor) -> Tensor:
        """Give (B, C) for earlier logits (B, 1, h, w): what they cover, and where."""
        inside = (mask * 0.25 + 0.5).clamp(0, 1)
        pictures, _, count = seen.shape
        flat = inside.reshape(pictures, -1, count)
        covered = flat @ seen.transpose(1, 2) / (flat.sum(dim=2, keepdim=True) + 1)
        coarse = functional.avg_pool2d(inside, 8).flatten(1)
        shown = self.mask_look(covered).reshape(-1, WIDTH) + self.mask_place(coarse)
        there = has_mask[:, None]
        out: Tensor = shown * there + self.no_mask * (1 - there)
        return out

    def frame(self, points: Tensor, labels: Tensor, extent: Tensor) -> Tensor:
        """
        Give (B, 6, 6), what the places relative to each prompt are made of on the canvas.

        Their middle and their unit begin with the box around what lies on the object.
        """
        on = (labels > 0).to(points.dtype)[..., None]
        spots = points * (2 / self.side) - 1
        most = (spots * on - 8 * (1 - on)).amax(dim=1).clamp(min=-1)
        least = (spots * on + 8 * (1 - on)).amin(dim=1).clamp(max=1)
        unit = functional.relu(most - least) / 2 + functional.softplus(extent[:, 2:] - 2) + 0.02
        middle = (most + least) / 2 + extent[:, :2] * 0.2
        p, q = (1 / unit).split(1, dim=1)
        b, d = (-middle / unit).split(1, dim=1)
        one, none = torch.ones_like(p), torch.zeros_like(p)
        rows = [
            one, none, none, none, none, none,
            b, p, none, none, none, none,
            d, none, q, none, none, none,
            b * b, 2 * b * p, none, p * p, none, none,
            d * d, none, 2 * d * q, none, q * q, none,
            b * d, d * p, b * q, none, none, p * q,
        ]  # fmt: skip
        return torch.cat(rows, dim=1).reshape(-1, _PLACE, _PLACE)

    def places(self, rows: int, columns: int) -> Tensor:
        """Give (1, 6, rows * columns): 1, x, y and their products, -1 to 1 on the canvas."""
        # Without a type the exporter makes these, and all that follows, of double precision.
        y, x = (
            (torch.arange(count, dtype=torch.float32) + 0.5) * (2 * _STRIDE / self.side) - 1
            for count in (rows, columns)
        )
        x, y = x[None, :].expand(rows, columns), y[:, None].expand(rows, columns)
        return torch.stack([torch.ones_like(x), x, y, x * x, y * y, x * y]).flatten(1)[None]
