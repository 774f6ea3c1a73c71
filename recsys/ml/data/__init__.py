"""What there is to learn from: interactions, vectors of texts."""
