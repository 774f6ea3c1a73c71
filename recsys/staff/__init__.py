"""The rooms of the staff: the first page, reports, the words of the product."""
