"""The code somebody with a seat shows at the door."""
