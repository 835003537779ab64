"""What pulls two sites together while a network learns, one idea a file (torch)."""
