"""What a running server lets its operator see and limit."""
