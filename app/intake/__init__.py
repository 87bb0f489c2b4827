"""The way in: bodies are accepted, committed with their job, and answered with a receipt."""
