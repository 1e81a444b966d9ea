"""Settings: types, limits, what depends on each other, and what the errors say."""

from __future__ import annotations

from dataclasses import replace

from isaac_seg_py.config import DecodeConfig, EncodeConfig
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.infer_config import InferConfig
from isaac_seg_py.settings import from_mapping, settings_of
import pytest

CONFIGS = (EncodeConfig, InferConfig, DecodeConfig)
EVERY = [
    pytest.param(kind, found, id=f'{kind.__name__}.{name}')
    for kind in CONFIGS
    for name, found in settings_of(kind).items()
]


@pytest.mark.parametrize(('kind', 'known'), EVERY)
def test_every_setting_has_a_good_default_and_a_text(kind, known):
    assert known.checked(known.default) == known.default
    assert getattr(kind(), known.name) == known.default
    assert known.text.endswith('.')
    assert len(known.text) > 8


@pytest.mark.parametrize(('kind', 'known'), EVERY)
def test_every_setting_refuses_another_type_by_its_name(kind, known):
    wrong = object()
    # Two messages write the name with spaces, as Isaac ROS does.
    with pytest.raises(ConfigError, match=known.name.replace('_', '.')):
        from_mapping(kind, {known.name: wrong})
    with pytest.raises(ConfigError, match=known.name):
        known.checked(wrong)


@pytest.mark.parametrize(('kind', 'known'), [p for p in EVERY if p.values[1].low is not None])
def test_every_limit_is_kept(kind, known):
    for limit, outside in ((known.low, -1), (known.high, 1)):
        if limit is None:
            continue
        good, bad = known.kind(limit), known.kind(limit + outside)
        if known.is_list:
            good, bad = (good,), (bad,)
        assert getattr(from_mapping(kind, {known.name: good}), known.name) == good
        with pytest.raises(ConfigError, match=f'{known.name} is .*must be'):
            from_mapping(kind, {known.name: bad})


@pytest.mark.parametrize(
    ('name', 'given', 'kept'),
    [
        ('padding_value', 114, 114.0),
        ('image_mean', [0, 0.5, 1], (0.0, 0.5, 1.0)),
        ('offsets', [], ()),
        ('fit', 'crop', 'crop'),
        ('batch_size', 256, 256),
    ],
)
def test_values_take_their_own_type(name, given, kept):
    value = getattr(from_mapping(EncodeConfig, {name: given}), name)
    assert value == kept
    assert type(value) is type(kept)


@pytest.mark.parametrize('name', ['padding_value', 'net_scale_factor', 'batch_size'])
def test_true_is_no_number(name):
    with pytest.raises(ConfigError, match=f'{name} is True'):
        EncodeConfig(**{name: True})


def test_an_empty_word_in_a_list_is_no_word():
    assert InferConfig(input_binding_names=['']).input_binding_names == ()
    assert InferConfig(input_binding_names=['a', '', 'b']).input_binding_names == ('a', 'b')


@pytest.mark.parametrize(
    ('make', 'words'),
    [
        (lambda: EncodeConfig(batch_size=True), r'batch_size is True \(bool\); integer'),
        (lambda: EncodeConfig(batch_size=1.0), r'1.0 \(float\); integer'),
        (lambda: EncodeConfig(enable_padding=1), r'1 \(int\); bool'),
        (lambda: EncodeConfig(tensor_name=3), r'3 \(int\); string'),
        (
            lambda: EncodeConfig(padding_value=float('nan')),
            'padding_value is nan; a finite number',
        ),
        (lambda: EncodeConfig(image_mean=0.5), '0.5; a list of float'),
        (lambda: EncodeConfig(image_mean='0.5'), 'a list of float'),
        (lambda: EncodeConfig(image_mean=(0.5, 'x', 0.5)), "'x'"),
        (lambda: EncodeConfig(image_mean=(0.5, 0.5)), r'image_mean has 2 values; 3 \(or one\)'),
        (lambda: EncodeConfig(image_mean=()), 'image_mean has 0 values'),
        (lambda: EncodeConfig(offsets=(1.0, 2.0)), 'offsets has 2 values'),
        (lambda: EncodeConfig(color_order='gray', offsets=(1.0, 2.0)), r'2 values; 1 \(or one\)'),
        (lambda: EncodeConfig(image_stddev=(0.5, 0.0, 0.5)), 'every value must be above 0'),
        (lambda: EncodeConfig(image_stddev=(-1.0,)), 'above 0'),
        (lambda: EncodeConfig(fit='zoom'), "fit is 'zoom'; it must be one of '', 'letterbox'"),
        (lambda: EncodeConfig().network_size, 'Invalid network_image_width'),
        (lambda: EncodeConfig(network_image_width=9).network_size, 'Invalid network_image_height'),
        (
            lambda: InferConfig(input_tensor_names=('a', 'b'), input_binding_names=('c',)),
            'input_tensor_names has 2 names and input_binding_names 1',
        ),
        (
            lambda: InferConfig(output_tensor_names=('a',), output_binding_names=('c', 'd')),
            'the two lists go in pairs',
        ),
        (
            lambda: DecodeConfig(color_segmentation_mask_encoding=''),
            'Received empty color segmentation mask encoding',
        ),
        (
            lambda: DecodeConfig(color_segmentation_mask_encoding='mono8'),
            'Received invalid color segmentation mask encoding: mono8',
        ),
        (
            lambda: DecodeConfig(network_output_type='max'),
            'Received invalid network output type: max',
        ),
        (lambda: DecodeConfig(color_palette=(0x1000000,)), 'color_palette is 16777216'),
        (
            lambda: from_mapping(EncodeConfig, {'width': 3, 'b': 1}),
            'unknown setting b, width; Enc',
        ),
    ],
)
def test_bad_values_are_refused_and_named(make, words):
    with pytest.raises(ConfigError, match=words):
        make()


@pytest.mark.parametrize(
    ('settings', 'placement'),
    [
        ({}, 'letterbox'),
        ({'enable_padding': False}, 'stretch'),
        ({'enable_padding': False, 'fit': 'crop'}, 'crop'),
        ({'fit': 'letterbox_top_left'}, 'letterbox_top_left'),
    ],
)
def test_fit_overrules_enable_padding(settings, placement):
    assert EncodeConfig(**settings).placement == placement


def test_sizes_are_height_first():
    config = EncodeConfig(network_image_width=960, network_image_height=544)
    assert config.network_size == (544, 960)


def test_grey_networks_are_content_with_one_value_or_the_defaults():
    grey = EncodeConfig(color_order='gray')
    assert replace(grey, image_mean=(0.3,)).image_mean == (0.3,)


@pytest.mark.parametrize(
    ('name', 'type_name', 'limits', 'live'),
    [
        ('threshold', 'double', '0 to 1', True),
        ('color_palette', 'integer[]', '0 to 16777215', True),
        ('class_names', 'string[]', '', False),
        ('mask_frame', 'string', "'image', 'network'", False),
    ],
)
def test_a_setting_describes_itself_to_ros(name, type_name, limits, live):
    known = settings_of(DecodeConfig)[name]
    assert (known.type_name, known.limits, known.live) == (type_name, limits, live)
    assert settings_of(DecodeConfig())[name] == known


def test_a_limit_on_one_side_is_said_so():
    known = settings_of(EncodeConfig)['batch_size']
    assert replace(known, high=None).limits == '1 or more'
    assert replace(known, low=None).limits == '256 or less'
