"""What pages of several rooms share: cards, drawings, lengths of time, the desk around a page."""
