"""What the figures of a report say in plain words: standing, change, evidence grades, recommendations."""
