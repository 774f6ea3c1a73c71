"""Our own PostgreSQL and Valkeys: where they live, how they start, how to reach them."""
