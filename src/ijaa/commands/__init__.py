"""Commands of the installation as a whole; those of a module lie in the module."""
