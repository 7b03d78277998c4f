"""Key keepers: one law for all of them, spoken over their real protocols where they are HTTP.

The client libraries are optional, so those tests run where they are installed.
"""

import importlib.util
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from apps.kernel.errors import Invalid
from apps.vault.errors import KeeperUnavailable, Unkept, Unopened
from apps.vault.keepers import choice, extras, local
from apps.vault.keepers.azure import AzureKeeper
from apps.vault.keepers.gcp import GcpKeeper
from apps.vault.keepers.protocol import Keeper, associated, bound, unbound
from apps.vault.models import DataKey
from apps.vault.services import credentials, datakeys, rewrapping
from tests.vault import cloud_kms_server, key_vault_server, kms_server, transit_server
from tests.vault.conftest import NEW, OLD

CONTEXT = {"data_key": "1", "organisation": "hub"}
PLAIN = bytes(range(32))
MODULES = {"aws": "boto3", "gcp": "google.cloud.kms", "azure": "azure.identity", "vault": "hvac"}


def installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


needs_hvac = pytest.mark.skipif(not installed("hvac"), reason="the extra `vault` is not installed")
needs_google = pytest.mark.skipif(
    not installed("google.cloud.kms"), reason="the extra `gcp` is not installed"
)
needs_azure = pytest.mark.skipif(
    not installed("azure.keyvault"), reason="the extra `azure` is not installed"
)
needs_boto3 = pytest.mark.skipif(not installed("boto3"), reason="the extra `aws` is not installed")


def keeps_the_law(keeper: Keeper, other_key: str) -> None:
    """What every keeper must do."""
    wrapped = keeper.wrap(PLAIN, CONTEXT)
    assert PLAIN not in wrapped
    assert keeper.wrap(PLAIN, CONTEXT) != wrapped
    assert keeper.unwrap(wrapped, CONTEXT, key=keeper.key) == PLAIN
    for blob, context, key in (
        (wrapped, {**CONTEXT, "organisation": "another"}, keeper.key),
        (wrapped[:-8] + b"AAAAAAA=", CONTEXT, keeper.key),
        (wrapped, CONTEXT, other_key),
        (b"", CONTEXT, keeper.key),
    ):
        with pytest.raises(Unopened):
            keeper.unwrap(blob, context, key=key)


def test_local_keeps_the_law(settings):
    settings.CREDENTIALS_KEYS = [NEW, OLD]
    keeps_the_law(local.configured(), "old")
    keeps_the_law(local.configured(), "unknown")


@pytest.fixture
def transit(monkeypatch: pytest.MonkeyPatch) -> Iterator[transit_server.Engine]:
    engine = transit_server.Engine()
    for name in ("hub", "other"):
        engine.rotate(name)
    with transit_server.serving(engine) as address:
        monkeypatch.setenv("VAULT_ADDR", address)
        monkeypatch.setenv("VAULT_TOKEN", transit_server.TOKEN)
        yield engine


@needs_hvac
def test_vault_keeps_the_law_over_http(transit):
    keeps_the_law(choice.named("vault", "keys/hub"), "keys/other")
    assert transit.paths[0] == "/v1/keys/encrypt/hub"
    keeps_the_law(choice.named("vault", "hub"), "other")
    assert transit.paths[-1] == "/v1/transit/decrypt/hub"


@needs_hvac
def test_vault_opens_what_an_earlier_version_wrapped(transit):
    keeper = choice.named("vault", "hub")
    wrapped = keeper.wrap(PLAIN, CONTEXT)
    transit.rotate("hub")
    assert wrapped.startswith(b"vault:v1:")
    assert keeper.wrap(PLAIN, CONTEXT).startswith(b"vault:v2:")
    assert keeper.unwrap(wrapped, CONTEXT, key="hub") == PLAIN


@needs_hvac
def test_vault_that_refuses_or_is_away_is_unavailable(transit, monkeypatch):
    monkeypatch.setenv("VAULT_TOKEN", "expired")
    with pytest.raises(KeeperUnavailable, match="Forbidden"):
        choice.named("vault", "hub").wrap(PLAIN, CONTEXT)
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:1")
    with pytest.raises(KeeperUnavailable):
        choice.named("vault", "hub").wrap(PLAIN, CONTEXT)


@needs_hvac
def test_credentials_move_from_a_key_of_one_s_own_to_vault(db, transit, keys, place, settings):
    value = credentials.seal("secret", place=place)
    settings.CREDENTIALS_KEEPER, settings.CREDENTIALS_KEY_NAME = "vault", "keys/hub"
    assert rewrapping.rewrap() == 1
    settings.CREDENTIALS_KEYS = []
    datakeys.forget()
    assert credentials.unseal(value, place=place) == "secret"
    row = DataKey.objects.get()
    assert (row.keeper, row.keeper_key) == ("vault", "keys/hub")


@needs_boto3
def test_aws_keeps_the_law_over_http(monkeypatch):
    kms = kms_server.Kms({"hub": bytes(range(32)), "other": bytes(range(1, 33))})
    with kms_server.serving(kms) as address:
        for name, value in {
            "AWS_ENDPOINT_URL_KMS": address,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "invented",
            "AWS_SECRET_ACCESS_KEY": "invented",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
        }.items():
            monkeypatch.setenv(name, value)
        keeper: Any = choice.named("aws", "hub")
        keeps_the_law(keeper, "other")
        with pytest.raises(KeeperUnavailable, match="NotFoundException"):
            choice.named("aws", "none").wrap(PLAIN, CONTEXT)
        keeper.client.close()
    with pytest.raises(KeeperUnavailable):
        keeper.wrap(PLAIN, CONTEXT)
    keeper.client.close()


@needs_google
def test_gcp_keeps_the_law_over_grpc():
    ring = "projects/hub/locations/eu/keyRings/hub/cryptoKeys"
    hub, other = f"{ring}/hub", f"{ring}/other"
    kms = cloud_kms_server.CloudKms({hub: bytes(range(32)), other: bytes(range(1, 33))})
    with cloud_kms_server.serving(kms) as client:
        keeps_the_law(GcpKeeper(hub, client), other)
        assert kms.routed[0] == f"name={hub}"
        with pytest.raises(KeeperUnavailable, match="NotFound"):
            GcpKeeper(f"{ring}/none", client).wrap(PLAIN, CONTEXT)
        keeper = GcpKeeper(hub, client)
        wrapped = keeper.wrap(PLAIN, CONTEXT)
    with pytest.raises((KeeperUnavailable, ValueError)):  # the channel is closed
        keeper.unwrap(wrapped, CONTEXT, key=hub)


class Signed:
    """A credential of the invented directory."""

    def get_token(self, *scopes: str, **_: Any) -> Any:
        """A token, whatever for."""
        from azure.core.credentials import AccessToken  # noqa: PLC0415  optional

        return AccessToken(key_vault_server.TOKEN, 2**33)


@needs_azure
def test_azure_keeps_the_law_over_https(tmp_path, monkeypatch):
    names = ("hub", "other")
    vault = key_vault_server.KeyVault(
        {name: rsa.generate_private_key(65537, 2048) for name in names}
    )
    with key_vault_server.serving(vault, tmp_path) as address:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "server.pem"))
        hub, other, none = (
            f"{address}/keys/{name}/{key_vault_server.VERSION}" for name in (*names, "none")
        )
        keeps_the_law(AzureKeeper(hub, Signed()), other)
        assert "unwrapkey" in vault.asked
        with pytest.raises(KeeperUnavailable, match="404"):
            AzureKeeper(none, Signed()).wrap(PLAIN, CONTEXT)
    with pytest.raises(KeeperUnavailable, match="ServiceRequestError"):
        AzureKeeper(hub, Signed()).wrap(PLAIN, CONTEXT)


@pytest.mark.parametrize("name", MODULES)
def test_a_missing_package_is_named_with_its_extra(name):
    if installed(MODULES[name]):
        pytest.skip("it is installed")
    with pytest.raises(
        Invalid, match=rf"needs the extra '{name}'.*pip install {extras.PACKAGES[name]}"
    ):
        choice.named(name, "a-key")


def test_the_extras_are_those_of_the_project_and_none_is_locked():
    root = Path(__file__).resolve().parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    named = {
        extra: " ".join(re.split("[<>=]", package)[0] for package in packages)
        for extra, packages in project["optional-dependencies"].items()
    }
    assert named == extras.PACKAGES
    locked = (root / "requirements" / "base.txt").read_text()
    for packages in extras.PACKAGES.values():
        for package in packages.split():
            assert f"\n{package}==" not in locked


def test_a_service_needs_the_name_of_its_key(settings):
    settings.CREDENTIALS_KEEPER, settings.CREDENTIALS_KEY_NAME = "aws", ""
    with pytest.raises(Unkept, match="CREDENTIALS_KEY_NAME"):
        choice.current()


def test_a_digest_of_the_context_binds_where_a_service_cannot():
    assert unbound(bound(PLAIN, CONTEXT), CONTEXT) == PLAIN
    with pytest.raises(Unopened, match="moved here from another organisation"):
        unbound(bound(PLAIN, CONTEXT), {**CONTEXT, "data_key": "2"})
    assert associated({"a": "bc"}) != associated({"ab": "c"})
