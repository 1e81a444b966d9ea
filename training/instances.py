"""
Train the tiny instance network on scenes, write it as ONNX and measure it.

    python -m training.instances --minutes 30 --start models/tiny_unet.onnx --out instances.onnx
"""

from __future__ import annotations

from isaac_seg_py.scenes import CLASS_NAMES

from .command import options, say_result, SIZE, train_as_asked, TUNING_SEEDS
from .evaluate_instances import average_precision, measure, predict_with, report
from .instance_batches import InstanceBatches
from .instance_loss import instance_loss
from .instances_model import AsExported, TinyInstances
from .onnx_export import export


def main() -> None:
    """Run from the command line."""
    asked = options('tiny instance network', crops=0.4, rate=2e-3)
    scenes = InstanceBatches(asked.cache, asked.scenes, SIZE, asked.threads)
    classes = len(CLASS_NAMES) - 1
    trained = train_as_asked(asked, scenes, classes, TinyInstances, instance_loss)
    export(AsExported(trained), SIZE, asked.out, 'images', ('output0', 'output1'))
    precision = average_precision(measure(predict_with(asked.out), TUNING_SEEDS, (480, 640)))
    say_result(asked.out, report(precision))


if __name__ == '__main__':
    main()
