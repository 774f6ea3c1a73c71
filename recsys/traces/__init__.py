"""Traces: how a slate that was made came about, in words, tables and charts."""
