"""A model as a clinic would use it: where it is cut, what its answers are worth, what errors cost, when it abstains."""
