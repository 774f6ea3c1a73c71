"""Appraisals: what a decision brought, whose exposure it gave and took, what it cost."""
