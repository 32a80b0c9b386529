"""Files of members: their rows and their objects, whatever they are there for."""
