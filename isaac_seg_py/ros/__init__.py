"""The ROS edge: the only folder that imports rclpy or messages."""

import os

# OpenCV's threads else wait busily after each call: 0.5 to 1 ms of the processor a frame. OpenCV
# reads this when it is loaded; what the user says wins.
for _waits in ('OPENCV_THREAD_POOL_ACTIVE_WAIT_MAIN', 'OPENCV_THREAD_POOL_ACTIVE_WAIT_WORKER'):
    os.environ.setdefault(_waits, '0')
