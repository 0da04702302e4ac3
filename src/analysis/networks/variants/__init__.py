"""The same network otherwise: resampled, shuffled, thinned, under another rule."""
