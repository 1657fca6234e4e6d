"""Kafka and Redis behind TLS, with users and rights: certificates of this test alone, passwords drawn for it."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import trustme
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest_v1
from aiokafka.protocol.api import Request
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from streams.acls import Grant
from streams.kafka.settings import KafkaSettings
from streams.servers.kafka import KafkaServer

ADMIN = "admin"
_ALLOW = 3
_RESOURCES = {"topic": 2, "group": 3}
_LITERAL, _PREFIXED = 3, 4
_OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8, "DescribeConfigs": 10}


@dataclass(frozen=True)
class Certificates:
    """Files of one authority: what clients trust, and a certificate with its key for a server and for a client."""

    ca: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path

    @classmethod
    def made(cls, folder: Path) -> "Certificates":
        """Make them in a folder that is there."""
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        for name, host in (("server", "127.0.0.1"), ("client", "worker@ocmw.test")):
            leaf = authority.issue_cert(host, *(["localhost"] if name == "server" else []))
            (folder / f"{name}.pem").write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
            (folder / f"{name}.key").write_bytes(_pkcs8(leaf.private_key_pem.bytes()))
        names = ("ca.pem", "server.pem", "server.key", "client.pem", "client.key")
        return cls(*(folder / name for name in names))


def _pkcs8(key: bytes) -> bytes:
    """Return a key in the one form that Java reads."""
    return load_pem_private_key(key, None).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class SecureKafka(KafkaServer):
    """A broker that takes TLS with certificates on both sides and SCRAM users, and refuses what no rule allows."""

    def __init__(self, root: Path, certificates: Certificates, users: Iterable[str]) -> None:
        """Draw a password for each user and the administrator; nothing runs yet."""
        self.certificates = certificates
        self.passwords = {user: secrets.token_hex(16) for user in (ADMIN, *users)}
        root.mkdir(parents=True, exist_ok=True)
        keystore = certificates.server_key.read_text() + certificates.server.read_text()
        (root / "server.keystore.pem").write_text(keystore)
        super().__init__(root)

    def environment(self, user: str) -> dict[str, str]:
        """Return the settings of a user, password in a file."""
        path = self.root / f"{user}.password"
        path.write_text(self.passwords[user] + "\n")
        return {
            "OCMW_KAFKA_SERVERS": self.servers,
            "OCMW_KAFKA_SECURITY": "SASL_SSL",
            "OCMW_KAFKA_USERNAME": user,
            "OCMW_KAFKA_PASSWORD_FILE": str(path),
            "OCMW_KAFKA_CA_FILE": str(self.certificates.ca),
            "OCMW_KAFKA_CERT_FILE": str(self.certificates.client),
            "OCMW_KAFKA_KEY_FILE": str(self.certificates.client_key),
        }

    def settings(self, user: str, **more: object) -> KafkaSettings:
        """Return the same as an object."""
        return KafkaSettings.model_validate({**self.arguments(user), **more})

    def arguments(self, user: str) -> dict[str, str]:
        """Return the same by the names of the settings."""
        return {name.removeprefix("OCMW_KAFKA_").lower(): value for name, value in self.environment(user).items()}

    def _users(self) -> list[str]:
        return [
            argument
            for user, password in self.passwords.items()
            for argument in ("--add-scram", f"SCRAM-SHA-512=[name={user},password={password}]")
        ]

    def _configuration(self) -> dict[str, object]:
        made = super()._configuration()
        login = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        return made | {
            "listeners": str(made["listeners"]).replace("PLAINTEXT", "CLIENTS"),
            "advertised.listeners": str(made["advertised.listeners"]).replace("PLAINTEXT", "CLIENTS"),
            "inter.broker.listener.name": "CLIENTS",
            "listener.security.protocol.map": "CLIENTS:SASL_SSL,CONTROLLER:PLAINTEXT",
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
            "listener.name.clients.scram-sha-512.sasl.jaas.config": (
                f'{login[:-1]} username="{ADMIN}" password="{self.passwords[ADMIN]}";'
            ),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.root / "server.keystore.pem",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.certificates.ca,
            "listener.name.clients.ssl.client.auth": "required",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": f"User:{ADMIN};User:ANONYMOUS",  # the second is the controller's own listener
        }


class _CreateAcls(Request[CreateAclsRequest_v1]):  # type: ignore[misc]  # aiokafka has no types
    """The request that aiokafka has the layout of, and no method for."""

    API_KEY = CreateAclsRequest_v1.API_KEY

    def __init__(self, rows: list[tuple[object, ...]]) -> None:
        self._rows = rows

    def build(self, request_struct_class: type[CreateAclsRequest_v1]) -> CreateAclsRequest_v1:
        return request_struct_class(creations=self._rows)


async def grant(settings: KafkaSettings, user: str, rows: Iterable[Grant]) -> None:
    """Give a user what the rows say, as the administrator."""
    admin = AIOKafkaAdminClient(**settings.connection())
    await admin.start()
    try:
        acls = [row for one in rows for row in _rows(user, one)]
        answer = await admin._send_request(_CreateAcls(acls))  # noqa: SLF001 - the client has no method for it
        assert all(code == 0 for code, _ in answer.creation_responses), answer
    finally:
        await admin.close()


def _rows(user: str, one: Grant) -> Iterable[tuple[object, ...]]:
    pattern = _PREFIXED if one.name.endswith("*") else _LITERAL
    for operation in one.operations:
        name = one.name.removesuffix("*")
        yield _RESOURCES[one.resource], name, pattern, f"User:{user}", "*", _OPERATIONS[operation], _ALLOW
