"""The entry of the web server."""

from io import BytesIO
from wsgiref.util import setup_testing_defaults

import pytest

from memoryhub.wsgi import Utf8Request, application


@pytest.mark.parametrize("charset", ["zip", "bz2", "hex", "utf-16", "no-such-thing"])
def test_the_address_is_utf_8_whatever_content_type_says(charset):
    environ = {
        "QUERY_STRING": "x=%C3%A9",
        "CONTENT_TYPE": f"application/json; charset={charset}",
        "wsgi.input": BytesIO(),
    }
    setup_testing_defaults(environ)
    request = application.request_class(environ)
    assert isinstance(request, Utf8Request)
    assert request.GET["x"] == "é"
    assert request.content_params == {"charset": charset}
