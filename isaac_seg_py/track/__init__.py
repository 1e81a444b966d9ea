"""Follow objects through video, without ROS."""
