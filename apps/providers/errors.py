"""What can go wrong with a model, in words a person can act on."""

from apps.kernel.errors import Error


class EmbedderUnavailable(Error):  # noqa: N818  reads as the rest of kernel.errors
    """The embedding model is not available right now."""

    code = "embedder_unavailable"
    status = 503


class ModelFilesInvalid(EmbedderUnavailable):
    """The model's files are not the ones this release was tested with."""

    code = "model_files_invalid"
