"""The audit: rows that the database wrote, and the history of each object."""
