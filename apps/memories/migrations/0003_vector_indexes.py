"""HNSW indexes of the bundled model, one per compute type; other models get theirs when they come.

Partial and on an expression, so that models of other dimensions can live in the same column.
"""

from django.db import migrations

MODELS = {"int8": "all-MiniLM-L6-v2/int8", "float32": "all-MiniLM-L6-v2/float32"}


def create(name: str, model: str) -> str:
    return f"""
        CREATE INDEX index_hnsw_minilm_{name} ON memories_memoryindex
        USING hnsw ((embedding::halfvec(384)) halfvec_cosine_ops) WITH (m = 24, ef_construction = 128)
        WHERE model = '{model}'
    """


class Migration(migrations.Migration):
    dependencies = [("memories", "0002_initial")]

    operations = [
        migrations.RunSQL(create(name, model), f"DROP INDEX index_hnsw_minilm_{name}")
        for name, model in MODELS.items()
    ]
