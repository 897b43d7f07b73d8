"""OpenMetadata and Collate."""
