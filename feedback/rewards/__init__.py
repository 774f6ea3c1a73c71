"""The reward table: what feedback is worth to learning, and who changed that."""
