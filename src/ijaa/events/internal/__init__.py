"""What the users service asks of this one when the two run apart."""
