"""Embeddings: the vectors of texts, made by a child process, and search by meaning."""
