"""Arithmetic every embedder shares."""

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


def unit_rows(rows: npt.NDArray[np.floating]) -> Vectors:
    """Scale each row to length one, so that a dot product is a cosine.

    Args:
        rows: shape (n, d), any floating type.

    Returns:
        float32, shape (n, d), every row of Euclidean length 1.

    Raises:
        ValueError: a row has length zero or holds NaN or infinity: it points nowhere.
    """
    # float64: the squares of large float32 values overflow before the root is taken
    wide = rows.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    if not np.all(np.isfinite(lengths) & (lengths > 0)):
        raise ValueError("a vector has no direction: its length is zero or not finite")
    return np.asarray(wide / lengths, dtype=np.float32)
