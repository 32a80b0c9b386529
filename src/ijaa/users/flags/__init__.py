"""Feature flags: what the installation offers, switched by admins, pushed to every process."""
