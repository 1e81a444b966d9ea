"""What people use today, in a few lines each, to be measured beside ours."""
