"""What waits, what lint found, and its mends."""
