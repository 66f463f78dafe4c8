"""The pure rules of all services under attack by a hypothesis state machine."""
