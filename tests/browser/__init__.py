"""The built site in a real browser; no engine is needed."""
