"""Small changes of a picture that are searched for to make a model answer wrongly: one attack a file."""
