"""The desk: where curators see, write, plan, publish and take back."""
