"""The training loop: epochs, pace, checkpoints, ranks, device."""
