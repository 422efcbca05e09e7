"""How people write where something listens or is reached."""


def shown_address(host: str, port: int) -> str:
    """Return a host and a port as people write them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
