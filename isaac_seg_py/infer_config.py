"""The settings of inference: which network runs, and on what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .errors import ConfigError
from .settings import check_settings, setting

_ACCEPTED: Final = 'Taken for Isaac ROS.'
BACKENDS: Final = (
    'auto', 'tensorrt', 'tensorrt-rtx', 'onnxruntime', 'onnxruntime-cuda', 'onnxruntime-tensorrt',
    'onnxruntime-tensorrt-rtx', 'triton',
)  # fmt: skip


@dataclass(frozen=True)
class InferConfig:
    """Which network runs, and on what."""

    model: str = setting(
        '', 'Name of a model with a manifest, a manifest file or an ONNX file. Sets all the rest.'
    )
    model_file_path: str = setting(
        '', 'ONNX file, or TensorRT plan. Needed where model is not given.'
    )
    backend: str = setting(
        'auto',
        'What runs the network. auto: TensorRT, TensorRT-RTX, ONNX Runtime on CUDA or on the CPU, '
        'whichever of these runs here first.',
        choices=BACKENDS,
    )
    device: int = setting(0, 'Number of the GPU.', low=0, high=255)
    threads: int = setting(
        0, 'Threads for a network on the CPU. 0: one per core.', low=0, high=1024
    )
    fuse: bool = setting(
        False,
        'Fold the normalisation of pixels into the network, which then takes them as uint8, and '
        "linear layers that follow one another into one, as SegFormer's head has them. The "
        'encoder needs the same setting. Needs model.',
    )
    fuse_output: bool = setting(
        False,
        'With fuse: fold the choice of the highest class in as well, which gives up confidence. '
        'For decoders that interpolate no scores (filter_mode point, or mask_frame network).',
    )
    precision: str = setting(
        '',
        'Arithmetic of a float32 model in TensorRT. Empty: as enable_fp16 says.',
        choices=('', 'fp32', 'tf32', 'fp16', 'bf16', 'as_is'),
    )
    enable_fp16: bool = setting(True, 'Where precision is empty: fp16 if true, fp32 if not.')
    engine_shapes: tuple[str, ...] = setting(
        (),
        'Shapes of inputs with free axes, for TensorRT: name=1x3x480x640, or smallest, usual and '
        'largest with colons between them. Empty: the free first axis goes to max_batch_size.',
        kind=str,
    )
    max_batch_size: int = setting(
        1,
        'Largest batch of a TensorRT engine whose batch is free. Nodes of one process that share '
        'such a network, and wait for it, go together in runs of up to as many images.',
        low=1,
        high=65535,
    )
    max_workspace_size: int = setting(
        0, 'Bytes that TensorRT may work in. 0: as the library says.', low=0
    )
    dla_core: int = setting(-1, 'DLA core of a Jetson. -1: none.', low=-1, high=15)
    engine_file_path: str = setting(
        '',
        'Plan of TensorRT: it runs where it is there, and is written where it is not. Empty: a '
        'cache of plans is kept.',
    )
    force_engine_update: bool = setting(False, 'Build the plan at every start, as Isaac ROS does.')
    custom_plugin_lib: str = setting('', 'Library of custom operators for TensorRT.')
    int8_calibration_file: str = setting('', 'Calibration cache for int8 in TensorRT 10.')
    verbose: bool = setting(False, 'Log every step of building an engine.')
    model_name: str = setting(
        '', "Name of the model on a Triton server. Empty: the file's name without its ending."
    )
    model_version: str = setting(
        '', 'Version of the model on a Triton server. Empty: as the server chooses.'
    )
    server_url: str = setting('localhost:8001', 'Host and gRPC port of a Triton server.')
    server_timeout: float = setting(
        10.0,
        'Seconds to wait at the start until a Triton server and its model are ready.',
        low=0.0,
        high=3600.0,
    )
    request_timeout: float = setting(
        2.0, 'Seconds that a Triton server may take for a frame.', low=0.001, high=3600.0
    )
    shared_memory: str = setting(
        'auto',
        'Hand tensors to a Triton server in shared memory. auto: where it is on this host.',
        choices=('auto', 'on', 'off'),
    )
    input_tensor_names: tuple[str, ...] = setting(
        (), 'Names of the tensors that come, in the order of input_binding_names.', kind=str
    )
    input_binding_names: tuple[str, ...] = setting(
        (), "Names of the model's inputs. Empty: read from the model.", kind=str
    )
    output_tensor_names: tuple[str, ...] = setting(
        (), 'Names of the tensors that are published. Empty: as the model has them.', kind=str
    )
    output_binding_names: tuple[str, ...] = setting(
        (), "Names of the model's outputs. Empty: all.", kind=str
    )
    model_repository_paths: tuple[str, ...] = setting(
        (),
        'Taken for Isaac ROS: the Triton server reads its models itself (--model-repository).',
        kind=str,
        accepted=True,
    )
    num_concurrent_requests: int = setting(10, _ACCEPTED, accepted=True)
    input_tensor_formats: tuple[str, ...] = setting((), _ACCEPTED, kind=str, accepted=True)
    output_tensor_formats: tuple[str, ...] = setting((), _ACCEPTED, kind=str, accepted=True)
    relaxed_dimension_check: bool = setting(True, _ACCEPTED, accepted=True)
    memory_pool_block_size: int = setting(9216000, _ACCEPTED, accepted=True)
    memory_pool_num_blocks: int = setting(40, _ACCEPTED, accepted=True)

    def __post_init__(self) -> None:
        """Check types, limits and that names come in pairs."""
        check_settings(self)
        for side in ('input', 'output'):
            tensors = getattr(self, f'{side}_tensor_names')
            bindings = getattr(self, f'{side}_binding_names')
            if tensors and bindings and len(tensors) != len(bindings):
                raise ConfigError(
                    f'{side}_tensor_names has {len(tensors)} names and {side}_binding_names '
                    f'{len(bindings)}; the two lists go in pairs'
                )
        if self.fuse and self.backend == 'triton':
            raise ConfigError(
                'fuse changes an ONNX file, and a Triton server has its own; leave fuse out, or '
                'give the server a fused file'
            )
        if self.fuse_output and not self.fuse:
            raise ConfigError('fuse_output is true, but fuse is not; set fuse as well')
