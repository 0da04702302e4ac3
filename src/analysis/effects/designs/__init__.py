"""Further questions: single districts and places, waits, spillovers, mediation, two reforms at once."""
