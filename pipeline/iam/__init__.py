"""What AWS documents of IAM: actions, resource types, and the names of things."""
