"""The pages of the site: none is left out, and what they point to is found."""

from pathlib import Path

import pytest

import divecast
from divecast import metrics, nixtla, plots, results
from scripts.site import links, llms, pages

LISTED = [path for _, _, path in pages.entries(pages.navigation())]


def test_the_navigation_has_every_page_once() -> None:
    own = [page.relative_to(pages.DOCS).as_posix() for page in pages.DOCS.rglob("*.md")]
    assert sorted(LISTED) == sorted([*own, *pages.FROM_ROOT.values(), *pages.reference()])


@pytest.mark.parametrize("module", [divecast, metrics, nixtla, plots, results], ids=lambda module: module.__name__)
def test_every_public_name_has_an_entry_in_the_reference(module) -> None:
    text = "".join(pages.reference().values())
    assert [name for name in module.__all__ if f"::: {module.__name__}.{name}\n" not in text] == []


@pytest.mark.parametrize(
    ("link", "page", "wanted"),
    [
        ("[a](../CHANGELOG.md#added)", "index.md", "[a](changelog.md#added)"),
        ("[a](../method.md)", "tutorials/3_the_paper.md", "[a](../method.md)"),
        ("[a](../README.md)", "quickstart.md", "[a](index.md)"),
        ("[theory.md](theory.md)", "method.md", "[The theory, statement by statement](theory.md)"),
        ("[a](https://arxiv.org)", "method.md", "[a](https://arxiv.org)"),
        ("```text\n[a](../README.md)\n```", "method.md", "```text\n[a](../README.md)\n```"),
    ],
)
def test_links_point_to_the_place_on_the_site(link: str, page: str, wanted: str) -> None:
    assert pages.relinked(link, pages.DOCS / page, Path(page)) == wanted


def test_links_of_a_page_of_the_root_point_into_the_site() -> None:
    assert pages.relinked("[a](docs/faq.md)", pages.ROOT / "CONTRIBUTING.md", Path("contributing.md")) == "[a](faq.md)"


def test_a_public_name_is_a_link_to_its_entry() -> None:
    text = "## DeepDIVE\n| `DeepDIVE.fit` | Fit. |\n## divecast.metrics\n| `mae` | Error. |"
    assert pages.linked_names(text).splitlines()[1::2] == [
        "| [`DeepDIVE.fit`](reference/deepdive.md#divecast.DeepDIVE.fit) | Fit. |",
        "| [`mae`](reference/metrics.md#divecast.metrics.mae) | Error. |",
    ]


def test_broken_and_remote_links_of_a_built_page_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<h2 id="here"></h2><a href="b.html#there"></a><a href="#here"></a><a href="https://example.org"></a>'
        '<a href="c.html"></a><a href="b.html#gone"></a>'
        '<img src="https://example.org/a.png"><script src="//x.org/a.js">'
    )
    (tmp_path / "b.html").write_text('<h2 id="there"></h2>')
    assert links.faults(tmp_path) == [
        "a.html: no file c.html",
        "a.html: no heading b.html#gone",
        "a.html: loads https://example.org/a.png",
        "a.html: loads //x.org/a.js",
    ]


def test_a_page_is_listed_for_language_models_with_its_first_sentence() -> None:
    text = "# A title\n\n![a](b.png)\n\nIt reads [tables](t.md), and\nmore. Then it goes.\n"
    assert llms.entry("a.md", text) == "- [A title](a.md): It reads tables, and more"
