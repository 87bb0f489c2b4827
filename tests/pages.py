"""A news page as sites build them, out of parts that tests can leave out or change."""

HEADLINE = "Harbour crane lifts its last load"
LEAD = "After ninety years the old crane of Port Ellery is taken down, and the quay below it becomes a square."
PARAGRAPHS = (
    "The old harbour crane of Port Ellery lifted its last load on Friday, a crate of apples for the mayor's office.",
    "It had stood on the northern quay for ninety years, said the keeper of the lighthouse, who watched from his stairs.",
    "Workers will take it apart next week, and its hook goes to the museum on Mill Lane, where children may swing on it.",
)
MENU = "".join(f'<li><a href="/{name.lower()}">{name}</a></li>' for name in ("News", "Sport", "Harbour", "Weather"))
RELATED = "".join(
    f'<article class="teaser"><a href="/{n}">Another story that readers liked very much, number {n}</a></article>'
    for n in range(5)
)


def a_page(head: str = "", above: str = "", body: str | None = None, below: str = "", title: str = HEADLINE) -> str:
    """Give a page with menu, headline, text, related stories and foot around its article."""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS) if body is None else body
    return f"""<!doctype html>
<html lang="en"><head><title>{title} | Harbour Post</title><meta property="og:site_name" content="Harbour Post">
{head}</head>
<body><header class="site-header"><nav><ul>{MENU}</ul></nav></header>
<main><article><h1>{title}</h1>{above}<div class="article-body">{text}</div>{below}</article>
<aside class="related">{RELATED}</aside></main>
<footer><p>Harbour Post, 1 Quay Street. We use cookies to make this page better, and you may refuse them all here.</p>
</footer></body></html>"""
