"""What learning reads: snapshots, histories, choices."""
