"""What a run printed: model and file, what may differ, what is never published."""
