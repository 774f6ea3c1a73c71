"""Members: their choices, preferences, interests, clusters."""
