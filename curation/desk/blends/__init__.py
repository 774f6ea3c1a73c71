"""The blend desk: weights moved by hand."""
