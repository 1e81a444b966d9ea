"""The families that are known."""

from __future__ import annotations

import difflib
from typing import Final

from .deeplab import DEEPLAB
from .family import Family, Specs
from .fast_scnn import FAST_SCNN
from .fcn import FCN
from .mask2former import MASK2FORMER, MASKFORMER
from .segformer import SEGFORMER
from .tensor_shapes import why_no_map
from .unet import UNET
from .yolo_seg import YOLO_SEG
from ..catalog.manifest import Manifest
from ..errors import ConfigError, ModelError

# In the order in which a network without a family is compared with them: U-Net knows any map.
FAMILIES: Final = {
    family.name: family
    for family in (
        MASK2FORMER, MASKFORMER, YOLO_SEG, SEGFORMER, FCN, DEEPLAB, FAST_SCNN, UNET,
    )
}  # fmt: skip
# Those that have stages of their own, and what uses them.
_SHOWN: Final = {
    'sam': 'must be shown what to look for: PromptableSegmenter opens it, and isaac-seg segment '
    '--model NAME --box x1,y1,x2,y2 (or --point, --everything)',
    'sam2': 'follows objects that it is shown: VideoTracker opens it, and isaac-seg track',
}


def find_family(manifest: Manifest, inputs: Specs, outputs: Specs) -> Family:
    """Return the family that a manifest names, or else the one that the tensors show."""
    family = named_family(manifest)
    tensors = f'It takes {_listed(inputs)} and gives {_listed(outputs)}'
    if family is None:
        known = (one for one in FAMILIES.values() if one.is_known(inputs, outputs))
        family = next(known, None)
        if family is None:
            raise ModelError(
                f'model {manifest.name} fits no family: {why_no_map(inputs, outputs)}. {tensors}; '
                f'what each family expects is shown by isaac-seg inspect {manifest.file.name}'
            )
    if not family.fits(inputs, outputs):
        raise ModelError(
            f'model {manifest.name} does not fit family {family.name}, which expects '
            f'{family.expects}. {tensors}. Correct family in the manifest, or leave it out'
        )
    return family


def named_family(manifest: Manifest) -> Family | None:
    """Return the family that a manifest names, None where the network itself must show it."""
    if manifest.family in ('', 'auto'):
        return None
    family = FAMILIES.get(manifest.family)
    if manifest.family in _SHOWN:
        shown = _SHOWN[manifest.family].replace('NAME', manifest.name)
        raise ConfigError(f'model {manifest.name} {shown}')
    if family is None:
        known = sorted((*FAMILIES, *_SHOWN))
        close = difflib.get_close_matches(manifest.family, known, 1, 0.65)
        hint = f' Did you mean {close[0]}?' if close else ''
        raise ConfigError(
            f'model {manifest.name} is of family {manifest.family!r}.{hint} Known are '
            f'{", ".join(known)}, and auto'
        )
    return family


def _listed(specs: Specs) -> str:
    return '; '.join(map(str, specs)) or 'nothing'
