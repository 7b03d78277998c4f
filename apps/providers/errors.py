"""What can go wrong with a model, in words a person can act on."""

from apps.kernel.errors import Error
from apps.providers.protocol import Spent


class EmbedderUnavailable(Error):
    """The embedding model is not available right now."""

    code = "embedder_unavailable"
    status = 503


class ModelFilesInvalid(EmbedderUnavailable):
    """The model's files are not the ones this release was tested with."""

    code = "model_files_invalid"


class ModelUnavailable(Error):
    """The language model is not available right now."""

    code = "model_unavailable"
    status = 503

    def __init__(
        self,
        detail: str = "",
        *,
        spent: Spent = Spent(),  # noqa: B008  frozen
        answered: bool = False,
    ) -> None:
        """Raise it.

        Args:
            detail: for a person.
            spent: what was asked before giving up; it counts towards budgets all the same.
            answered: the service is there and said something, but nothing that could be used.
        """
        super().__init__(detail)
        self.spent = spent
        self.answered = answered


class ModelBudgetSpent(ModelUnavailable):
    """What this space may spend on models today is spent; the work waits."""

    code = "model_budget_spent"
    status = 429


class RerankerUnavailable(Error):
    """The rerank model is not available right now."""

    code = "reranker_unavailable"
    status = 503
