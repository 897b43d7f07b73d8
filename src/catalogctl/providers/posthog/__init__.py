"""PostHog's data warehouse: external data sources and their schemas."""
