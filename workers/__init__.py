"""What runs: worker entry points, settings, codec, observability and the local stack."""
