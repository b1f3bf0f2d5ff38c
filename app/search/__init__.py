"""What can be asked of a register, knowing neither HTTP nor store."""
