"""Jobs: claimed by lease, done in stints, failed of something with a name."""
