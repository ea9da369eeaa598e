"""Training the encoder: `make encoder`. See `docs/decisions/0013-an-encoder-and-rules.md`."""
