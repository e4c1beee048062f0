"""What several test files use; pytest puts the folder above on the path."""
