"""What the report's folder says of itself to machines."""
