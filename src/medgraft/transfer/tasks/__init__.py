"""What is asked: the task and its labels."""
