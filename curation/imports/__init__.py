"""Importing files: streams of rows, each with its line."""
