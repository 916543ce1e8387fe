"""Models in folders, on a hub of this machine, and what is uploaded."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from divecast import ArtifactError, ConfigError, DataError, DeepDIVE, NotFittedError
from worlds import hours

hub = pytest.importorskip("huggingface_hub")
COMMIT = "0" * 40


def card_of(folder):
    return hub.ModelCard.load(folder / "README.md")


def test_a_folder_has_the_model_and_a_card_of_the_fit(hours_model, tmp_path):
    panel = hours().panel
    hours_model.save_pretrained(tmp_path / "hours", panel, name="me/hours", license="mit", note="Made up.")
    again = DeepDIVE.from_pretrained(tmp_path / "hours")
    assert np.array_equal(again.forecast(panel).mean, hours_model.forecast(panel).mean)
    card = card_of(tmp_path / "hours")
    scores = hours_model.evaluate(panel).scores["DeepDIVE"].overall()
    read = hours_model.infer_labels(panel, "test").accuracy()
    told = {result.metric_type: result.metric_value for result in card.data.eval_results}
    assert told == {name: pytest.approx(scores[name], abs=1e-6) for name in told}
    assert {"rrse", "crps", "coverage"} <= set(told)
    assert (card.data.license, card.data.library_name) == ("mit", "divecast")
    for line in (
        "# me/hours",
        "Made up.",
        "- 4 series: s0, s1, s2, s3",
        "- a panel every 1h, the last row at 2024-02-25T23:00:00 UTC, 1,344 rows",
        "- look-back 24 rows, horizon 6 steps, time zone UTC",
        "- factor `weekend` (plain): 2 classes: ",
        f"The 90 % interval held {scores['coverage']:.1%} of the values of the test part.",
        f"| seasonal naive (24) | {hours_model.evaluate(panel).scores['seasonal naive (24)'].overall()['rrse']:.4g} |",
        f"Labels of `hour` read from the values alone: {read['hour']:.1%}",
    ):
        assert line in card.content, line


def test_what_was_not_measured_is_said_to_be_so(hours_model, tmp_path):
    hours_model.save_pretrained(tmp_path)
    card = card_of(tmp_path)
    assert card.data.eval_results is None
    assert "Not measured: the card was made without data." in card.content
    assert "held" not in card.content.split("## Intervals")[1]


def test_nothing_is_written_of_a_model_that_is_not_fitted_or_of_other_data(hours_model, tmp_path):
    with pytest.raises(NotFittedError):
        DeepDIVE(6, 24).save_pretrained(tmp_path / "none")
    with pytest.raises(DataError):
        hours_model.save_pretrained(tmp_path / "none", hours(seed=5).panel)
    assert not (tmp_path / "none").exists()


@contextmanager
def hub_of(files):
    """A hub that has files of the repository me/hours, as far as downloads need it; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.removeprefix("/me/hours/resolve/main/")
            found = files.get(name) if name != self.path else None
            content = b"{}" if found is None else found
            self.send_response(404 if found is None else 200)
            if found is None:
                self.send_header("X-Error-Code", "EntryNotFound" if name != self.path else "RepoNotFound")
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", '"1"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET  # noqa: N815  the name of the standard library

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_model_is_downloaded_once_and_then_in_the_cache(hours_model, tmp_path):
    hours_model.save(tmp_path / "model.safetensors")
    panel, options = hours().panel, {"cache_dir": str(tmp_path / "cache")}
    with hub_of({"model.safetensors": (tmp_path / "model.safetensors").read_bytes()}) as endpoint:
        model = DeepDIVE.from_pretrained("me/hours", endpoint=endpoint, **options)
    assert np.array_equal(model.forecast(panel).mean, hours_model.forecast(panel).mean)
    again = DeepDIVE.from_pretrained("me/hours", local_files_only=True, **options)
    assert np.array_equal(again.forecast(panel).mean, model.forecast(panel).mean)


def test_what_the_hub_lacks_is_said_with_what_to_do(tmp_path):
    options = {"cache_dir": str(tmp_path)}
    with hub_of({}) as endpoint:
        with pytest.raises(ArtifactError, match=r"no model.safetensors"):
            DeepDIVE.from_pretrained("me/hours", endpoint=endpoint, **options)
        with pytest.raises(ArtifactError, match="no folder me/other"):
            DeepDIVE.from_pretrained("me/other", endpoint=endpoint, **options)
    with pytest.raises(ArtifactError, match="not in the cache"):
        DeepDIVE.from_pretrained("me/hours", local_files_only=True, **options)
    with pytest.raises(ArtifactError, match="OWNER/NAME"):
        DeepDIVE.from_pretrained("no/such/folder", **options)
    with pytest.raises(ConfigError, match="revision="):
        DeepDIVE.from_pretrained(tmp_path, revision="main")


def test_a_push_makes_the_repository_and_uploads_model_and_card(hours_model, monkeypatch):
    asked = []

    def create_repo(api, repo_id, **options):
        asked.append(("create", api.endpoint, repo_id, options))

    def upload_folder(api, *, repo_id, folder_path, **options):
        files = {path.name: path.read_bytes() for path in Path(folder_path).iterdir()}
        asked.append(("upload", repo_id, files, options))
        return type("Info", (), {"commit_url": f"{api.endpoint}/{repo_id}/commit/1"})

    monkeypatch.setattr(hub.HfApi, "create_repo", create_repo)
    monkeypatch.setattr(hub.HfApi, "upload_folder", upload_folder)
    url = hours_model.push_to_hub(
        "me/hours", card={"note": "Made up."}, endpoint="http://hub.test", private=True, commit_message="First"
    )
    (_, endpoint, name, options), (_, uploaded, files, upload) = asked
    assert (url, endpoint, name) == ("http://hub.test/me/hours/commit/1", "http://hub.test", "me/hours")
    assert options == {"private": True, "exist_ok": True}
    assert (uploaded, set(files)) == ("me/hours", {"model.safetensors", "README.md"})
    assert b'from_pretrained("me/hours")' in files["README.md"]
    assert upload == {"commit_message": "First"}


def test_a_hub_that_cannot_be_reached(hours_model):
    with pytest.raises(ArtifactError, match="cannot be reached for me/hours"):
        hours_model.push_to_hub("me/hours", endpoint="http://127.0.0.1:9")
