"""Whether something answers at an address, with or without TLS, told apart as clients do not."""

import socket
import ssl

from pipeline.settings import Settings

SECONDS = 3.0
"""How long one attempt may take."""


def split(address: str) -> tuple[str, int]:
    """Host and port of "host:port". Raises ValueError."""
    host, _, port = address.strip().rpartition(":")
    if not host or not port.isdigit():
        raise ValueError(f"{address} is not host:port")
    return host.strip("[]"), int(port)


def unreachable(host: str, port: int) -> str:
    """Why no connection can be opened, "" where one can."""
    try:
        socket.create_connection((host, port), SECONDS).close()
    except socket.gaierror:
        return f"the host {host} is unknown"
    except TimeoutError:
        return f"{host}:{port} does not answer within {SECONDS:.0f} s; a firewall, or a wrong host"
    except OSError as error:
        return f"nothing listens at {host}:{port} ({error.strerror})"
    return ""


def speaks_tls(host: str, port: int) -> bool:
    """Whether a TLS handshake succeeds there, whoever signed the certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent: this only asks what the port speaks
    return not _handshake(host, port, context)


def distrusted(host: str, port: int, settings: Settings) -> str:
    """Why the TLS that is set for Kafka fails there, "" where it works."""
    if not speaks_tls(host, port):
        return f"{host}:{port} does not speak TLS, and kafka_tls is true"
    try:
        authority = str(settings.kafka_tls_ca_file) if settings.kafka_tls_ca_file else None
        context = ssl.create_default_context(cafile=authority)
    except OSError as error:
        return f"kafka_tls_ca_file = {settings.kafka_tls_ca_file}: {error.strerror or 'is no PEM file'}"
    return _handshake(host, port, context)


def _handshake(host: str, port: int, context: ssl.SSLContext) -> str:
    try:
        with (
            socket.create_connection((host, port), SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            return ""
    except ssl.SSLCertVerificationError as error:
        return f"the certificate of {host}:{port} is not trusted: {error.verify_message}"
    except OSError as error:
        return f"no TLS with {host}:{port} ({type(error).__name__})"
