"""Random changes of training pictures: drawn as plain data, then applied."""
