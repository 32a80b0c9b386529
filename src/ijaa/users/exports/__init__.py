"""Taking along: an archive of everything that is kept about a member, for himself."""
