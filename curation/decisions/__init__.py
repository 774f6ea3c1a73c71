"""Decisions: what each says, when and for whom it holds, where its lineage stands."""
