"""What a study is: its dictionary, how it is opened, checked and made pseudonymous."""
