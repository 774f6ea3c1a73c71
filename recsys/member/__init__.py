"""The member's pages: shelves, items, feedback with its receipt, search and history."""
