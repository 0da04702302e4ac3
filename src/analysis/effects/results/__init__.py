"""What every estimator returns: a table, its meaning and limits in words, a picture."""
