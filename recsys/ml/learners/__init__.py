"""The training half of families that are taught by gradient or in many steps."""
