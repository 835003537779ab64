"""How the knowledge is carried over."""
