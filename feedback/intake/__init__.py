"""The door of feedback: raw objects become drafts, and drafts outcomes."""
