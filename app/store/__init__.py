"""What is kept, and the statements that write it."""
