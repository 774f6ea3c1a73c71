"""The scoring half of each family; numpy is all that it needs."""
