"""What the web server adds to the application's answers."""

import httpx
import pytest


@pytest.mark.slow
def test_no_answer_names_the_web_server(serve):
    web = serve()
    for path in ("/health/live", "/nowhere", "/api/docs"):
        assert httpx.get(f"{web}{path}", timeout=30).headers.get_list("server") == ["hub"]
