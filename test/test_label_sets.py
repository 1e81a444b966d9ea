"""Names and colours of classes: the sets that are shipped, files of them, and the background."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.catalog.label_sets import find_label_set, read_color_file, read_label_file
from isaac_seg_py.catalog.manifest import Manifest
from isaac_seg_py.decode.instances import InstanceDecoder
from isaac_seg_py.errors import ConfigError, ManifestError
from isaac_seg_py.families import FAMILIES
from isaac_seg_py.families.contract import decode_config
from manifest_texts import GOOD, MODELS, PROMPTED, SHIPPED, written
import pytest


@pytest.mark.parametrize(
    ('name', 'count', 'first', 'last', 'colors'),
    [
        ('cityscapes', 19, 'road', 'bicycle', {0: 0x804080, 13: 0x00008E}),
        ('ade20k', 150, 'wall', 'flag', {0: 0x787878, 2: 0x06E6E6, 149: 0x5C00FF}),
        ('voc', 21, 'background', 'tvmonitor', {0: 0, 15: 0xC08080, 20: 0x004080}),
        ('coco', 80, 'person', 'toothbrush', {0: 0xDC143C, 79: 0xBFA2D0}),
        ('coco_panoptic', 133, 'person', 'rug-merged', {0: 0xDC143C, 80: 0xFFFF80}),
        ('segnet_cityscapes', 21, 'void', 'bicycle', {3: 0x804080}),
        ('segnet_voc', 21, 'background', 'tvmonitor', {1: 0xFF0000}),
        ('deepscene', 5, 'trail', 'sky', {4: 0x0078FF}),
        ('mhp', 21, 'background', 'other_item', {4: 0xFFFF00}),
        ('sun', 21, 'other', 'bathtub', {20: 0x0000C0}),
        ('people', 2, 'background', 'person', {}),
    ],
)
def test_label_sets_have_the_right_names_and_colours(
    name: str, count: int, first: str, last: str, colors: dict[int, int]
) -> None:
    found = find_label_set(name, [MODELS])
    assert len(found.labels) == len(set(found.labels)) == len(found.palette) == count
    assert (found.labels[0], found.labels[-1]) == (first, last)
    assert {number: found.palette[number] for number in colors} == colors


@pytest.mark.parametrize('name', SHIPPED)
def test_only_what_stands_for_nothing_is_background(name: str) -> None:
    manifest = SHIPPED[name].read()
    if manifest.family in PROMPTED or FAMILIES[manifest.family].decoder is InstanceDecoder:
        return  # of objects, none is
    nothing = manifest.labels[0] in ('background', 'void', 'other')
    assert decode_config(manifest).background_class == (0 if nothing else -1)


@pytest.mark.parametrize(
    ('text', 'wanted'),
    [
        ('labels: [a, b]', 0),
        ('labels: [a, b]\nbackground: 1', 1),
        ('labels: [a, b]\nbackground: none', -1),
        ('background: 7', 7),
        ('labels: cityscapes', -1),
        ('labels: cityscapes\nbackground: 10', 10),
        ('labels: cityscapes\noutput: {background_class: 3}', 3),
    ],
)
def test_the_background_is_what_the_manifest_or_its_set_of_labels_says(
    tmp_path: Path, text: str, wanted: int
) -> None:
    manifest = Manifest.read(written(tmp_path, GOOD + text + '\n'))
    assert decode_config(manifest).background_class == wanted
    assert decode_config(manifest, background_class=4).background_class == 4


@pytest.mark.parametrize('value', ['2', '-1', 'true', '1.0', 'sky', '', '[0]'])
def test_what_is_no_background_is_refused(tmp_path: Path, value: str) -> None:
    path = written(tmp_path, GOOD + f'labels: [a, b]\nbackground: {value}\n')
    with pytest.raises(ManifestError, match='the number of a class, 0 to 1, or none is expected'):
        Manifest.read(path)


def test_pascals_colours_are_those_of_its_formula() -> None:
    # The bits of a class, three at a time from the low end, are bits of r, g, b from the high end.
    for number, color in enumerate(find_label_set('voc', [MODELS]).palette):
        bits = [[number >> 3 * group + channel & 1 for group in range(3)] for channel in range(3)]
        rgb = [sum(bit << 7 - place for place, bit in enumerate(channel)) for channel in bits]
        assert color == rgb[0] << 16 | rgb[1] << 8 | rgb[2]


def test_labels_and_colours_come_from_the_files_of_jetson_inference(tmp_path: Path) -> None:
    (tmp_path / 'classes.txt').write_text('void\ntraffic light\n\nsky\n')
    (tmp_path / 'colors.txt').write_text('0 0 0 0\n250 170 30\n70,130,180,255\n')
    path = written(tmp_path, GOOD + 'labels_file: classes.txt\npalette_file: colors.txt\n')
    manifest = Manifest.read(path)
    assert manifest.labels == ('void', 'traffic light', 'sky')
    assert manifest.palette == (0, 0xFAAA1E, 0x4682B4)
    assert decode_config(manifest).class_alphas == (0, 255, 255)
    (tmp_path / 'colors.txt').write_text('0 0 0 255\n1 1 1\n2 2 2 255\n')
    assert decode_config(Manifest.read(path)).class_alphas == ()
    (tmp_path / 'colors.txt').write_text('\n')
    with pytest.raises(ConfigError, match='is empty; red, green and blue'):
        Manifest.read(path)


@pytest.mark.parametrize('line', ['1 2', '1 2 3 4 5', '1 2 256', '1 -2 3', 'a b c', '1 2 ٣'])
def test_a_wrong_line_of_colours_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / 'colors.txt').write_text(f'1 2 3\n{line}\n')
    with pytest.raises(ConfigError, match=r"colors.txt', line 2"):
        read_color_file(tmp_path / 'colors.txt')


@pytest.mark.parametrize('data', [b'\xff\xfe', b'x' * (1 << 20 | 1)])
def test_a_file_of_labels_that_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / 'labels.txt').write_bytes(data)
    with pytest.raises(ConfigError, match=r'labels\.txt'):
        read_label_file(tmp_path / 'labels.txt')
