"""Prints what is inside a release as a CycloneDX 1.6 list: crates, the pages' libraries, and the C and C++ code of crates.

    sbom.py SECONDS      the time of the release since 1970

The crates are those that cargo links or uses to build for this machine, without what only tests need; their hashes are
those of Cargo.lock. The same tree gives the same text.
"""

import datetime
import json
import re
import subprocess
import sys
import tomllib
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def packed(number):
    """20300 means 2.3.0."""
    return f"{int(number) // 10000}.{int(number) // 100 % 100}.{int(number) % 100}"


# C and C++ code that crates bring along: the crate, what it is, its licence, the file of the crate that tells its version,
# what to look for there, and how to read it. DuckDB's is the second part of the crate's own version.
BUNDLED = [
    ("libduckdb-sys", "duckdb", "MIT", "Cargo.toml", r'^version = "1\.(\d+)\.', packed),
    ("libsqlite3-sys", "sqlite3", "blessing", "sqlite3/sqlite3.h", r'#define SQLITE_VERSION\s+"([\d.]+)"', str),
    ("zstd-sys", "zstd", "BSD-3-Clause", "Cargo.toml", r'^version = ".*\+zstd\.([\d.]+)"', str),
    ("libmimalloc-sys", "mimalloc", "MIT", "c_src/mimalloc/v3/include/mimalloc.h", r"#define MI_MALLOC_VERSION (\d+)", packed),
]


def crates():
    """Packages that are linked in or build what is linked in, by id, with their normal and build dependencies."""
    host = re.search(r"^host: (\S+)$", subprocess.check_output(["rustc", "-vV"], text=True), re.MULTILINE)[1]
    told = json.loads(
        subprocess.check_output(
            ["cargo", "metadata", "--format-version=1", "--locked", "--filter-platform", host], cwd=ROOT, text=True
        )
    )
    packages = {package["id"]: package for package in told["packages"]}
    nodes = {node["id"]: node for node in told["resolve"]["nodes"]}
    found, left = {}, [told["resolve"]["root"]]
    while left:
        here = left.pop()
        if here not in found:
            kinds = [(dep["pkg"], {kind["kind"] for kind in dep["dep_kinds"]}) for dep in nodes[here]["deps"]]
            found[here] = sorted(package for package, kind in kinds if kind & {None, "build"})
            left += found[here]
    return told["resolve"]["root"], packages, found


def checksums():
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    return {(package["name"], package["version"]): package.get("checksum") for package in lock["package"]}


def licence(expression):
    """As an SPDX expression; the slash is how crates wrote `OR` in old days."""
    return [{"expression": expression.replace("/", " OR ")}] if expression else []


def crate_component(package, hashes):
    name, version = package["name"], package["version"]
    component = {"type": "library", "bom-ref": f"pkg:cargo/{name}@{version}", "name": name, "version": version}
    if digest := hashes.get((name, version)):
        component["hashes"] = [{"alg": "SHA-256", "content": digest}]
    return component | {"licenses": licence(package["license"]), "purl": f"pkg:cargo/{name}@{version}"}


def bundled_components(packages):
    for crate, name, spdx, where, pattern, read in BUNDLED:
        package = next(package for package in packages if package["name"] == crate)
        text = (Path(package["manifest_path"]).parent / where).read_text(errors="replace")
        version = read(re.search(pattern, text, re.MULTILINE)[1])
        yield {
            "type": "library",
            "bom-ref": f"pkg:generic/{name}@{version}",
            "name": name,
            "version": version,
            "description": f"in the crate {crate} {package['version']}",
            "licenses": licence(spdx),
            "purl": f"pkg:generic/{name}@{version}",
        }


def web_components():
    """What the pages import, and what that depends on: bundled into the program as JavaScript."""
    lock = json.loads((ROOT / "web/package-lock.json").read_text())["packages"]
    wanted = set()
    for file in (ROOT / "web/src").rglob("*"):
        if file.suffix in (".ts", ".svelte") and ".test." not in file.name:
            wanted |= set(re.findall(r"""(?:from|import) ['"]((?:@[\w.-]+/)?[a-z][\w.-]*)""", file.read_text()))
    wanted = {name for name in wanted if f"node_modules/{name}" in lock}
    left, found = sorted(wanted), set()
    while left:
        name = left.pop()
        if name not in found and f"node_modules/{name}" in lock:
            found.add(name)
            left += lock[f"node_modules/{name}"].get("dependencies", {})
    for name in sorted(found):
        package = lock[f"node_modules/{name}"]
        purl = f"pkg:npm/{name.replace('@', '%40')}@{package['version']}"
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": package["version"],
            "licenses": licence(package.get("license")),
            "purl": purl,
        }


def main(seconds):
    root, packages, found = crates()
    hashes = checksums()
    parts = [crate_component(packages[id], hashes) for id in found if id != root]
    parts += bundled_components(packages.values())
    parts += web_components()
    parts.sort(key=lambda part: part["bom-ref"])
    ref = {id: f"pkg:cargo/{packages[id]['name']}@{packages[id]['version']}" for id in found}
    depends = [{"ref": ref[id], "dependsOn": sorted({ref[below] for below in found[id]})} for id in found]
    own = packages[root]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(int(seconds), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": ref[root],
                "name": own["name"],
                "version": own["version"],
                "licenses": licence(own["license"]),
            },
        },
        "components": parts,
        "dependencies": sorted(depends, key=lambda entry: entry["ref"]),
    }
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))}"
    json.dump(document, sys.stdout, indent=1)
    print()


main(*sys.argv[1:])
