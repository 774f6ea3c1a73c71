"""Change sets at the desk: filled, approved, planned, published, thrown away."""
