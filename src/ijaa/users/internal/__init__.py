"""What the events service asks of this one when the two run apart."""
