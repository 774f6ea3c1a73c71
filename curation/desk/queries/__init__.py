"""Queries in forms: rows, text and JSON, three views of one."""
