"""Accounts: signing in, sessions, tokens, and visitors whom nobody knows yet."""
