"""The fold: what a member now says of an item, from all that was not undone."""
