"""Source tasks in one's own hands: how a backbone's weights are made from pictures with or without labels."""
