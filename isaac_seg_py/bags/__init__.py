"""Bags: recordings of ROS 2 topics, read and written without ROS."""
