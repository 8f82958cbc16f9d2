"""What is installed from the wheel, as the image does, is all that a server needs."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx

from infra.embedded_valkey import EmbeddedValkey
from services.demo.ensure_catalog import FILE
from services.demo.pictures_of import FOLDER
from tests.e2e.running import ROOT, Running, environment
from tests.waiting import until_true


def test_a_server_from_the_wheel(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
         "--wheel-dir", str(tmp_path), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    [wheel] = tmp_path.glob("rushcart-*.whl")
    place = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    assert not {"tests", "benchmarks", "chaos", "docs"} & {path.name for path in place.iterdir()}
    demo = place / "services" / "demo"
    assert (demo / "catalog.csv").read_bytes() == FILE.read_bytes()
    assert {path.name for path in (demo / "pictures").iterdir()} == {path.name for path in FOLDER.iterdir()}
    packages = {path.parent for path in place.glob("*/__init__.py")}
    assert {path.name for path in packages} >= {"cli", "infra", "services", "settings", "server"}
    assert {path.name for path in packages if not (path / "py.typed").exists()} == set()
    [metadata] = place.glob("rushcart-*.dist-info/METADATA")
    extras = re.findall(r"^Provides-Extra: (.+)$", metadata.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(extras) == {"dev", "images", "otlp-grpc", "stripe"}
    home = tmp_path / "home"
    command = (sys.executable, "-P", "-c", "from cli.main import main; main()")
    valkey = EmbeddedValkey.start(tmp_path / "valkey")
    settings = {"PYTHONPATH": str(place), "RUSHCART_REDIS_URL": valkey.url}
    try:
        where = subprocess.run(
            [sys.executable, "-P", "-c", "from importlib.util import find_spec; print(find_spec('cli').origin)"],
            env=environment(home, **settings), cwd=tmp_path, check=True, capture_output=True, text=True,
        )  # fmt: skip
        assert where.stdout.startswith(str(place))
        subprocess.run([*command, "db", "upgrade"], env=environment(home, **settings), check=True, cwd=tmp_path)
        with Running(home, command=(*command, "serve"), settings=settings) as serve:
            serve.says("serve.started")
            until_true(lambda: "url=" in serve.err, "it tells its address")
            url = next(word for word in serve.err.split() if word.startswith("url=")).removeprefix("url=")
            answer = httpx.post(f"{url}/graphql", json={"query": "{ me { id } }"})
            assert answer.json() == {"data": {"me": None}}
            assert "GraphiQL" in httpx.get(f"{url}/graphql", headers={"accept": "text/html"}).text
            assert httpx.get(f"{url}/metrics").status_code == 200
    finally:
        valkey.stop()
