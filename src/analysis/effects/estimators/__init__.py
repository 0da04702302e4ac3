"""The estimators of effects, and the sums, weights and errors they share."""
