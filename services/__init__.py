"""The five services. None imports another; all that passes between them is events."""
