"""From the published weights to the form CTranslate2 runs. Reads and writes files, nothing else."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ctranslate2.specs import common_spec, transformer_spec
from safetensors.numpy import load_file

LAYERS = 6
HEADS = 12
LAYER_NORM_EPSILON = 1e-12

Weights = dict[str, npt.NDArray[np.float32]]


def convert(source: Path, target: Path, *, compute: str) -> None:
    """Write the model in `source` to the empty directory `target`.

    Args:
        source: holds `model.safetensors` and `tokenizer.json`, already checked.
        target: existing directory; gets `model.bin`, `config.json` and the vocabulary.
        compute: "int8" (24 MB, linear layers and embeddings quantised) or "float32" (91 MB).

    Raises:
        OSError: a file cannot be read or written.

    Source:
        Layer names of BertModel in transformers; Devlin et al. 2018, arXiv:1810.04805, section 3.
    """
    weights = load_file(source / "model.safetensors")
    encoder = transformer_spec.TransformerEncoderSpec(
        LAYERS,
        HEADS,
        pre_norm=False,
        activation=common_spec.Activation.GELU,
        layernorm_embedding=True,
    )
    _fill_embeddings(encoder, weights)
    for number, layer in enumerate(encoder.layer):
        _fill_layer(layer, weights, f"encoder.layer.{number}")
    model = transformer_spec.TransformerEncoderModelSpec(encoder)
    model.register_vocabulary(_vocabulary(source / "tokenizer.json"))
    model.config.unk_token = "[UNK]"  # noqa: S105  a vocabulary entry
    # CTranslate2's own default differs and costs visible accuracy
    model.config.layer_norm_epsilon = LAYER_NORM_EPSILON
    model.validate()
    model.optimize(quantization=None if compute == "float32" else compute)
    model.save(str(target))


def _fill_embeddings(encoder: Any, weights: Weights) -> None:
    encoder.scale_embeddings = False  # BERT does not multiply by the root of the width
    encoder.embeddings[0].weight = weights["embeddings.word_embeddings.weight"]
    # One text, so always segment 0: its vector is a constant and joins the positions
    encoder.position_encodings.encodings = (
        weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    _fill_norm(encoder.layernorm_embedding, weights, "embeddings.LayerNorm")


def _fill_layer(layer: Any, weights: Weights, name: str) -> None:
    attention = layer.self_attention
    parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    attention.linear[0].weight = np.concatenate([weights[f"{part}.weight"] for part in parts])
    attention.linear[0].bias = np.concatenate([weights[f"{part}.bias"] for part in parts])
    _fill_linear(attention.linear[1], weights, f"{name}.attention.output.dense")
    _fill_norm(attention.layer_norm, weights, f"{name}.attention.output.LayerNorm")
    _fill_linear(layer.ffn.linear_0, weights, f"{name}.intermediate.dense")
    _fill_linear(layer.ffn.linear_1, weights, f"{name}.output.dense")
    _fill_norm(layer.ffn.layer_norm, weights, f"{name}.output.LayerNorm")


def _fill_linear(linear: Any, weights: Weights, name: str) -> None:
    linear.weight = weights[f"{name}.weight"]
    linear.bias = weights[f"{name}.bias"]


def _fill_norm(norm: Any, weights: Weights, name: str) -> None:
    norm.gamma = weights[f"{name}.weight"]
    norm.beta = weights[f"{name}.bias"]


def _vocabulary(tokenizer: Path) -> list[str]:
    """Tokens in the order of their ids."""
    ids: dict[str, int] = json.loads(tokenizer.read_text("utf-8"))["model"]["vocab"]
    return sorted(ids, key=ids.__getitem__)
