"""What the drills share with the tests over sockets."""

from tests.e2e.conftest import deployment, sign_in

__all__ = ["deployment", "sign_in"]
