"""Sessions: signing keys, families of refresh tokens, revocations."""
