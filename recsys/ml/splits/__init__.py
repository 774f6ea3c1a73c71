"""Cutting interactions into what may be learned and what is asked."""
