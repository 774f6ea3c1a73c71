"""The audit at the desk."""
