"""Members, their segments, and who may do what."""
