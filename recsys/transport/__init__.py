"""What processes reach each other by: broker, cache, mail, counters."""
