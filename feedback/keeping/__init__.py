"""What is kept, marked, archived and dropped."""
