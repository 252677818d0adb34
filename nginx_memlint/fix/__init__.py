"""Change files as a remedy says, all or none."""
