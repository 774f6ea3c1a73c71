"""Previews: a slate as it is beside the slate as drafts would make it."""
