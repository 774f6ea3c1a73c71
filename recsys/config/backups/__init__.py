"""Backups: one file that holds the database, the models and their data, and that says whether it is whole."""
