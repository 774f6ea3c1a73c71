"""Proposals: decisions and blends that the evidence speaks for, and what curators do about them."""
