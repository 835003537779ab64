"""Which of several adapted models is best on a target without labels: one opinion a file."""
