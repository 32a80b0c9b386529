"""The alumni directory: members found by what they show, and by nothing they hide."""
