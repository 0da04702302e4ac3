"""What a panel is: its key columns, checked, as a design of units by periods."""
