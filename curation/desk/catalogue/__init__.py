"""The catalogue at the desk: browsed, looked at, acted upon in bulk."""
