"""Measurements; each prints its figures with what they were measured on."""

# First, as in processes that run nodes: it says what OpenCV reads when it is loaded.
import isaac_seg_py.ros  # noqa: F401
