"""Slates: found, checked, fused and served; why an item stands in one; what was logged, replayed."""
