"""What claims decides, without servers."""
