"""Rules of models and their baselines, beyond the contract's schemas."""
