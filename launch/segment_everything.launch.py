"""Launch the graph `segment_everything`; `--show-args` lists its arguments."""

from isaac_seg_py.ros.launching import describe

from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Describe the graph."""
    return describe('segment_everything')
