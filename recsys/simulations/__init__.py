"""Simulations: logged requests replayed under drafts, and what that changes."""
