"""Client libraries of key management services: installed by whoever uses one, loaded on use."""

import importlib
from types import ModuleType

from apps.kernel.errors import Invalid

# As pyproject.toml names them under optional-dependencies
PACKAGES = {
    "aws": "boto3",
    "gcp": "google-cloud-kms",
    "azure": "azure-keyvault-keys azure-identity",
    "vault": "hvac",
}


def load(module: str, *, extra: str) -> ModuleType:
    """The module of an optional package.

    Raises:
        Invalid: it is not installed; says which extra that is and how to install it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Invalid(
            f"CREDENTIALS_KEEPER={extra} needs the extra {extra!r}, which is not installed:"
            f" `pip install {PACKAGES[extra]}`."
        ) from error
