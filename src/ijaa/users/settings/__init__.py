"""Settings: how a member wants his application to look and speak."""
