"""The management API: decisions, change sets, policies, segments, expectations."""
