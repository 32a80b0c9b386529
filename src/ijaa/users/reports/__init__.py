"""What members report to those who look after the installation."""
