"""The models that serve: their files, and the scorers that a worker holds of them."""
