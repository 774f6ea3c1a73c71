"""What is proposed: where each proposal stands, and the decision that it would be."""
