"""Expectations: what curators want to hold of slates, checked."""
