"""Programs that use Inference Events."""
