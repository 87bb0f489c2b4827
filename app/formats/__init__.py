"""Readers: one pure function for each wire format, from bytes to raw items."""
