"""The second factor of admins: codes by time (RFC 6238), and recovery codes for the day the phone is lost."""
