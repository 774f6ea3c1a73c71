"""The pure fusion engine: candidates and policy in, slate out."""
