"""Clusterings: members grouped by what they do, and the segments that are kept of them."""
