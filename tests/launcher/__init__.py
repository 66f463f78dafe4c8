"""The embedded launcher: real servers, and stand-ins where a service would be."""
