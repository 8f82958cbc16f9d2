"""What is in deploy/: valid, and about settings and commands that there are."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import pytest
import yaml

from cli.main import COMMANDS
from services.doctor.check_settings import check_settings
from services.doctor.desk_only import require_fit
from services.doctor.finding import Level
from settings import Settings
from settings.settings import fields

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
MANIFESTS: Final = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
# Of the compose file itself, and what containers are told that is no setting.
_NOT_SETTINGS: Final = {"RUSHCART_DATABASE_PASSWORD"}


def documents() -> list[dict[str, Any]]:
    found = (yaml.safe_load_all(path.read_text()) for path in MANIFESTS if path.name != "kustomization.yaml")
    return [document for file in found for document in file]


def name_of(document: dict[str, Any]) -> str:
    return f"{document['kind']} {document['metadata']['name']}"


def run(*words: str) -> None:
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_compose_files_are_what_the_specification_asks_for() -> None:
    tool = Path(sys.executable).with_name("check-jsonschema")
    files = [str(DEPLOY / name) for name in ("compose.yaml", "compose.stack.yaml")]
    run(str(tool), "--builtin-schema", "vendor.compose-spec", *files)


def test_the_image_is_made_as_images_should_be() -> None:
    run(str(Path(sys.executable).with_name("hadolint")), str(DEPLOY / "Dockerfile"))


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_kubernetes_knows_every_field(document: dict[str, Any]) -> None:
    kubernetes_validate.validate(document, "1.37", strict=True)


def test_everything_is_in_the_kustomization() -> None:
    listed = yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text())["resources"]
    assert sorted(listed) == [path.name for path in MANIFESTS if path.name != "kustomization.yaml"]


def test_what_is_named_is_there() -> None:
    """Autoscalers, budgets and the service choose pods that there are; pods use what is there."""
    found = documents()
    pods = {
        document["metadata"]["name"]: document["spec"]["template"]
        for document in found
        if document["kind"] in ("Deployment", "Job")
    }
    labels = [template["metadata"]["labels"] for template in pods.values()]
    for document in found:
        spec = document.get("spec", {})
        if document["kind"] == "HorizontalPodAutoscaler":
            assert spec["scaleTargetRef"]["name"] in pods
        if document["kind"] == "Service":
            assert spec["selector"] in labels
        if document["kind"] in ("PodDisruptionBudget", "Deployment"):
            assert spec["selector"]["matchLabels"] in labels
    for template in pods.values():
        [container] = template["spec"]["containers"]
        assert container["args"][0] in COMMANDS
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert template["spec"]["securityContext"]["runAsNonRoot"]


def test_settings_are_ours() -> None:
    ours = {f"RUSHCART_{name.upper()}" for name, _ in fields()}
    files = [*DEPLOY.glob("kubernetes/*.yaml"), DEPLOY / "compose.yaml", DEPLOY / "Dockerfile"]
    files.append(DEPLOY.parent / "docs" / "deploy.md")
    asked = {name for file in files for name in re.findall(r"\bRUSHCART_[A-Z_]+", file.read_text())}
    assert asked - ours == _NOT_SETTINGS
    config = next(document for document in documents() if document["kind"] == "ConfigMap")
    given = {name.removeprefix("RUSHCART_").lower(): value for name, value in config["data"].items()}
    known = {name: value for name, value in given.items() if name in dict(fields())}
    secrets = {
        "database_url": "mysql+asyncmy://a:b@c/d",
        "redis_url": "rediss://r:6379/0",
        "signing_key": "x",
        "smtp_url": "smtp://mail:25",
        "metrics_token": "x",
        **{f"stripe_{name}": "x" for name in ("api_key", "publishable_key", "webhook_secret")},
    }
    found = list(check_settings(Settings(**known | secrets)))
    assert [one.what for one in found if one.level != Level.GOOD] == []
    require_fit(Settings(**known | secrets))


def test_network_policies_let_in_the_ingress_and_prometheus_alone() -> None:
    found = documents()
    labels = yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text())["labels"]
    given = {"includeTemplates": True, "pairs": {"app.kubernetes.io/part-of": "rushcart"}}
    assert labels == [given]
    policies = {one["metadata"]["name"]: one["spec"] for one in found if one["kind"] == "NetworkPolicy"}
    assert policies["rushcart"]["podSelector"]["matchLabels"] == given["pairs"]
    reached = {
        (source["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"], port["port"])
        for spec in policies.values()
        for rule in spec["ingress"]
        for source in rule["from"]
        for port in rule["ports"]
    }
    assert reached == {("ingress-nginx", 8000), ("monitoring", 8000), ("monitoring", 9100)}


def test_the_whole_shop_is_in_the_compose_file() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert set(services) == {
        *("migrate", "server", "worker", "scheduler"),
        *("database", "redis", "kafka", "jaeger", "prometheus", "grafana"),
    }
    for name in ("migrate", "server", "worker", "scheduler"):
        assert services[name]["command"][0] in COMMANDS
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]
    scraped = (DEPLOY / "prometheus/prometheus.yml").read_text()
    assert all(f"names: [{name}]" in scraped for name in ("server", "worker", "scheduler"))
