"""Each metric once more, as plain SQL over the archive."""
