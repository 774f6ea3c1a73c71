"""The pages of the report that need traces: what scorers contributed, and what decisions did.

A trace is read whole to know anything of it, so a sample of the slates served is read, and the pages say how many.
"""
