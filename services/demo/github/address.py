"""Where the front serves GitHub's API, and the only token that it accepts; loads nothing."""

PREFIX = "/_github"
TOKEN = "ghp_demo_token_0123456789"
