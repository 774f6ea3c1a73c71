"""The geometry of charts: numbers in, marks in the units of two drawings out; one template draws them all.

Each chart is drawn twice, 360 and 720 units wide, so that a phone and a desk show it at its own size.
Bars start at zero. Every mark has the words that say what it shows.
"""
