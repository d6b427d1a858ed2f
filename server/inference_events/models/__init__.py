"""What holds for models and their baselines, beyond the contract's schemas."""
