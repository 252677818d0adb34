"""Change configuration files as a remedy says, all of them or none."""
