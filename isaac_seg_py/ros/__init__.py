"""The ROS edge: the only folder that imports rclpy or messages."""
