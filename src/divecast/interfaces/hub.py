"""Models in folders and in repositories of the Hugging Face Hub, with a model card that is made from the fit."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from divecast._optional import need
from divecast.errors import ArtifactError, ConfigError
from divecast.interfaces.model_card import model_card
from divecast.persistence.atomic import make_folder, replacing

FILE, CARD = "model.safetensors", "README.md"


def save_pretrained(model: Any, folder: str | Path, data: Any = None, **card: Any) -> None:
    """Write a model and its card into a folder; see ``DeepDIVE.save_pretrained``."""
    path = Path(folder)
    card.setdefault("name", path.name)
    text = model_card(model, data, **card)  # raises before anything is written
    make_folder(path)
    model.save(path / FILE)
    with replacing(path / CARD) as written:
        written.write_text(text, encoding="utf-8")


def from_pretrained(kind: Any, name: str | Path, device: str, **options: Any) -> Any:
    """Load a model from a folder, or from the hub; see ``DeepDIVE.from_pretrained``."""
    folder = Path(name)
    if folder.is_dir():
        if options:
            raise ConfigError(
                f"{folder} is a folder, which takes no {next(iter(options))}=",
                hint="Leave it out, or name a repository of the hub",
                argument=next(iter(options)),
            )
        return kind.load(folder / FILE, device)
    hub = need("huggingface_hub")
    with _as_artifact_error(f"{name!s}"):
        file = hub.hf_hub_download(str(name), FILE, library_name="divecast", **options)
    return kind.load(file, device)


def push_to_hub(model: Any, repo_id: str, data: Any, upload: dict[str, Any], card: dict[str, Any]) -> str:
    """Upload a model and its card; see ``DeepDIVE.push_to_hub``."""
    hub = need("huggingface_hub")
    card.setdefault("name", repo_id)
    with tempfile.TemporaryDirectory() as folder:
        save_pretrained(model, folder, data, **card)
        options = {name: value for name, value in upload.items() if name not in ("token", "endpoint", "private")}
        api = hub.HfApi(endpoint=upload.get("endpoint"), token=upload.get("token"))
        with _as_artifact_error(repo_id):
            api.create_repo(repo_id, private=upload.get("private"), exist_ok=True)
            options.setdefault("commit_message", "Upload a divecast model")
            info = api.upload_folder(repo_id=repo_id, folder_path=folder, **options)
    return str(info.commit_url)


@contextmanager
def _as_artifact_error(name: str) -> Iterator[None]:
    """Turn what the hub refuses, and a network that is not there, into an error that says what to do."""
    errors, http = need("huggingface_hub.errors"), need("httpx2")
    try:
        yield
    except errors.HFValidationError as error:
        raise ArtifactError(
            f"There is no folder {name}, and it cannot be a repository of the hub", hint="Use OWNER/NAME"
        ) from error
    except errors.LocalEntryNotFoundError as error:
        raise ArtifactError(
            f"{name} is not in the cache, and the hub cannot be reached", hint="Try again with a network"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise ArtifactError(
            f"There is no folder {name} and no repository of this name, or it is private",
            hint="Correct the name, or pass {token}",
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ArtifactError(f"The repository {name} has no such revision", argument="revision") from error
    except errors.EntryNotFoundError as error:
        raise ArtifactError(f"The repository {name} has no {FILE}", hint="Is it a model of divecast?") from error
    except errors.HfHubHTTPError as error:
        raise ArtifactError(f"The hub refused {name} ({' '.join(str(error).split())[:200]})") from error
    except (OSError, http.TransportError) as error:
        raise ArtifactError(
            f"The hub cannot be reached for {name} ({' '.join(str(error).split())[:200]})",
            hint="Try again with a network",
        ) from error
