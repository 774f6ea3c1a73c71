"""The catalogue: rows merged, columns for fusing, covers, search by words."""
