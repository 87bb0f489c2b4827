"""The submissions table seen as a queue: claim, finish, retry, quarantine, rescue."""
