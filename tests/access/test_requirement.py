"""Every route of the application needs the scope that is written here; what is not written here is closed."""

from fastapi.routing import APIRoute

from app.access.guard import route_path
from app.access.requirement import needed
from app.main import create_app
from app.settings import Settings

SENDING = {("POST", "/v1/articles"), ("POST", "/v1/extract")}
OWN = {("GET", "/v1/receipts/{receipt_id}")}
OPEN = {("GET", "/livez"), ("GET", "/readyz")}


def test_every_route_needs_the_scope_that_fits_it() -> None:
    routes = {
        (method, route.path)
        for route in create_app(Settings()).state.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert len(routes) > 30
    assert routes >= SENDING | OWN | OPEN
    for method, path in routes:
        if (method, path) in OPEN:
            expected = None
        elif (method, path) in OWN:
            expected = frozenset({"ingest", "read"})
        elif (method, path) in SENDING:
            expected = frozenset({"ingest"})
        else:
            expected = frozenset({"read"} if method == "GET" else {"admin"})
        assert needed(method, path) == expected, f"{method} {path}"


def test_what_nobody_thought_of_is_closed() -> None:
    assert needed("GET", "/v2/anything") == frozenset({"read"})
    assert needed("GET", "/v1/receipts/1/items") == frozenset({"read"})
    assert needed("GET", "/metrics") == frozenset({"read"})
    for path in ("/v1/articles/", "//v1/articles", "/v1/articles/x", "/livez", "/V1/ARTICLES", ""):
        assert needed("POST", path) == frozenset({"admin"})
    assert needed("TRACE", "/v1/articles") == frozenset({"admin"})


def test_the_guard_sees_the_path_that_the_router_sees() -> None:
    assert route_path({"path": "/news/v1/articles", "root_path": "/news"}) == "/v1/articles"
    assert route_path({"path": "/newsroom/v1/articles", "root_path": "/news"}) == "/newsroom/v1/articles"
    assert route_path({"path": "/v1/articles", "root_path": "/news"}) == "/v1/articles"
    assert route_path({"path": "/v1/articles"}) == "/v1/articles"
