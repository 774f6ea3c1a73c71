"""Reports: each page asks questions; each question has one module that counts, answers in a sentence and draws.

Figures come from the roll-ups where these know enough. What they do not know (a segment, an item on a surface, a
mode) is counted from the rows themselves, over a bounded number of days or of the latest slates, and says so.
"""
