"""Bodies that come from outside: what each may say, and what it refers to."""
