"""Notifications: an inbox for every member, mails for what he wants to have mailed."""
