"""The background: tasks, the relay, and what a worker process does around them."""
