"""Containers as a Proxmox VE node keeps them, on plain LXC: what `pct` and the API of the test node are made of.

A container is an unprivileged LXC with the settings that pve-container writes for it. Its configuration, as `pct config`
prints it, is in $PROXMOX_STATE/<vmid>.json; templates are files in $PROXMOX_TEMPLATES. A volume beside the root is a
folder that is mounted into the container, as a subvolume of ZFS is. Not like Proxmox: storages, quotas, clusters,
permissions, and the network is set up by LXC and not by files in the container, so there is no DHCP.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

NODE = "pve"
STATE = Path(os.environ.get("PROXMOX_STATE", "/run/lxc/proxmox"))
TEMPLATES = Path(os.environ.get("PROXMOX_TEMPLATES", "/run/lxc/templates"))
CONTAINERS = Path("/var/lib/lxc")
AS_CONTAINER = ["lxc-usernsexec", "-m", "u:0:100000:65536", "-m", "g:0:100000:65536", "--"]
CREATE_ONLY = {"force", "ostemplate", "ssh-public-keys", "storage", "unprivileged", "vmid", "node", "start"}
KEYS = CREATE_ONLY | {
    "cores", "cpulimit", "cpuunits", "description", "features", "hostname", "memory", "nameserver", "onboot", "ostype", "rootfs", "startup",
    "swap", "tags",
}  # fmt: skip
NUMBERS = {"cores", "memory", "swap", "onboot", "unprivileged"}


class Refused(Exception):
    """What Proxmox would answer: a status, a sentence, and what is wrong with which parameter."""

    def __init__(self, status, message, errors=None):
        super().__init__(message)
        self.status, self.errors = status, errors or {}


def run(*command, **more):
    return subprocess.run([str(word) for word in command], check=True, text=True, capture_output=True, **more)


def options(text):
    """`local:4,mp=/srv` as a dictionary; the word without a name is the volume."""
    return dict(part.split("=", 1) if "=" in part else ("volume", part) for part in text.split(","))


def check(parameters):
    """Proxmox refuses what it does not know."""
    unknown = [key for key in parameters if key not in KEYS and not re.fullmatch(r"(net|mp)\d", key)]
    wrong = {key: "property is not defined in schema and the schema does not allow additional properties" for key in unknown}
    for key, value in parameters.items():
        if re.fullmatch(r"net\d", key) and not {"name", "ip"} <= options(value).keys():
            wrong[key] = "invalid format - name and ip are needed here"
        if re.fullmatch(r"mp\d", key) and "mp" not in options(value):
            wrong[key] = "invalid format - mp: property is missing and it is not optional"
        if key in NUMBERS and not str(value).isdigit():
            wrong[key] = "type check ('integer') failed"
    if wrong:
        raise Refused(400, "Parameter verification failed.", wrong)


def vmids():
    return sorted(int(file.stem) for file in STATE.glob("*.json"))


def load(vmid):
    try:
        return json.loads((STATE / f"{int(vmid)}.json").read_text())
    except FileNotFoundError:
        raise Refused(500, f"Configuration file 'nodes/{NODE}/lxc/{vmid}.conf' does not exist") from None


def save(vmid, config):
    STATE.mkdir(parents=True, exist_ok=True)
    fresh = STATE / f"{vmid}.new"
    fresh.write_text(json.dumps(config, indent=1))
    fresh.rename(STATE / f"{vmid}.json")
    write_lxc(vmid, config)


def status(vmid):
    load(vmid)
    said = subprocess.run(["lxc-info", "--name", str(vmid), "--state", "--no-humanize"], text=True, capture_output=True)
    return "running" if said.stdout.strip() == "RUNNING" else "stopped"


def template(volume):
    found = re.fullmatch(r"local:vztmpl/([\w.-]+)", volume)
    if not found or not (TEMPLATES / found[1]).exists():
        raise Refused(500, f"volume '{volume}' does not exist")
    return TEMPLATES / found[1]


def write_lxc(vmid, config):
    """What pve-container 6 writes for an unprivileged container, as far as this kernel has it."""
    home, features = CONTAINERS / str(vmid), options(config.get("features", "nesting=0"))
    lines = [
        "lxc.include = /usr/share/lxc/config/common.conf",
        "lxc.include = /usr/share/lxc/config/userns.conf",
        "lxc.mount.auto = sys:mixed",
        "lxc.idmap = u 0 100000 65536",
        "lxc.idmap = g 0 100000 65536",
        f"lxc.rootfs.path = dir:{home}/rootfs",
        f"lxc.uts.name = {config['hostname']}",
        "lxc.console.path = none",
        "lxc.tty.max = 2",
        # systemd would try to mount them itself and fail.
        "lxc.mount.entry = /sys/kernel/debug sys/kernel/debug none bind,optional 0 0",
        "lxc.mount.entry = /sys/kernel/security sys/kernel/security none bind,optional 0 0",
    ]
    apparmor = Path("/sys/module/apparmor/parameters/enabled")
    if apparmor.exists() and apparmor.read_text().startswith("Y"):
        # LXC's generated profile needs the host's own AppArmor tools and mounts, which this host does not have.
        lines.append("lxc.apparmor.profile = unconfined")
    if features.get("nesting") == "1":
        # A whole proc and sysfs, without which the kernel lets nobody mount one in a namespace inside.
        lines += [
            "lxc.mount.entry = proc dev/.lxc/proc proc create=dir,optional 0 0",
            "lxc.mount.entry = sys dev/.lxc/sys sysfs create=dir,optional 0 0",
        ]
    if "memory" in Path("/sys/fs/cgroup/cgroup.subtree_control").read_text().split():
        lines += [f"lxc.cgroup2.memory.max = {config['memory']}M", f"lxc.cgroup2.memory.swap.max = {config['swap']}M"]
    for key, value in sorted(config.items()):
        number, parts = key[-1], options(value) if re.fullmatch(r"(net|mp)\d", key) else {}
        if key.startswith("net"):
            lines += [
                f"lxc.net.{number}.type = veth",
                f"lxc.net.{number}.veth.pair = veth{vmid}i{number}",
                f"lxc.net.{number}.link = {parts['bridge']}",
                f"lxc.net.{number}.name = {parts['name']}",
                f"lxc.net.{number}.hwaddr = {parts['hwaddr']}",
                f"lxc.net.{number}.flags = up",
                f"lxc.net.{number}.ipv4.address = {parts['ip']}",
            ]
        elif parts:
            source = parts["volume"] if parts["volume"].startswith("/") else home / key
            read_only = ",ro" if parts.get("ro") == "1" else ""
            lines.append(f"lxc.mount.entry = {source} {parts['mp'].lstrip('/')} none bind,create=dir{read_only} 0 0")
    (home / "config").write_text("\n".join(lines) + "\n")


def create(parameters):
    vmid = int(parameters["vmid"])
    archive = template(parameters["ostemplate"])
    config = {key: value for key, value in parameters.items() if key not in CREATE_ONLY}
    config |= {key: int(value) for key, value in config.items() if key in NUMBERS}
    config["unprivileged"] = int(parameters.get("unprivileged", 1))
    for key, value in (("memory", 512), ("swap", 512), ("cores", 1), ("hostname", f"CT{vmid}"), ("arch", "amd64")):
        config.setdefault(key, value)
    home = CONTAINERS / str(vmid)
    (home / "rootfs").mkdir(parents=True)
    home.chmod(0o755)
    os.chown(home / "rootfs", 100000, 100000)
    for key, value in list(config.items()):
        if key == "rootfs" or re.fullmatch(r"mp\d", key):
            config[key] = volume(vmid, key, value)
        if re.fullmatch(r"net\d", key) and "hwaddr" not in options(value):
            # Kept over a restart, or the neighbours would go on sending to the old one.
            config[key] += f",hwaddr=BC:24:11:00:{vmid % 256:02X}:0{key[-1]}"
    with open(archive, "rb") as source:
        run(*AS_CONTAINER, "tar", "--extract", "--preserve-permissions", "--directory", home / "rootfs", "--exclude", "./dev/*",
            stdin=source)  # fmt: skip
    names = """cd "$0" && echo "$1" >etc/hostname && printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$1" >etc/hosts &&
        mkdir -p -m 700 root/.ssh && cat >root/.ssh/authorized_keys && chmod 600 root/.ssh/authorized_keys"""
    run(*AS_CONTAINER, "sh", "-c", names, home / "rootfs", config["hostname"], input=parameters.get("ssh-public-keys", "") + "\n")
    if "tags" in config:
        config["tags"] = ";".join(sorted(re.split(r"[,; \0]+", config["tags"])))
    save(vmid, config)


def volume(vmid, key, wanted):
    """`local:8,mp=/srv` is made, and named as Proxmox names it; a path of the node stays what it is."""
    parts = options(wanted)
    if parts["volume"].startswith("/"):
        return wanted
    storage, size = parts.pop("volume").split(":")
    if key != "rootfs":
        (CONTAINERS / str(vmid) / key).mkdir()
        os.chown(CONTAINERS / str(vmid) / key, 100000, 100000)
    rest = [f"{name}={value}" for name, value in parts.items()]
    return ",".join([f"{storage}:subvol-{vmid}-{key}", *rest, f"size={size}G"])


def resize(vmid, disk, size):
    config = load(vmid)
    now = int(re.search(r"size=(\d+)G", config[disk])[1])
    if int(size.rstrip("G")) < now:
        raise Refused(500, f"unable to shrink disk size from {now}G to {size}")
    save(vmid, config | {disk: re.sub(r"size=\d+G", f"size={size}", config[disk])})


def update(vmid, parameters):
    parameters = {key: value for key, value in parameters.items() if key not in ("vmid", "node", "digest")}
    check(parameters)
    if bad := parameters.keys() & CREATE_ONLY:
        raise Refused(400, "Parameter verification failed.", {key: "only when it is made" for key in bad})
    save(vmid, load(vmid) | {key: int(value) if key in NUMBERS else value for key, value in parameters.items()})


def start(vmid):
    config = load(vmid)
    if status(vmid) == "running":
        raise Refused(500, f"CT {vmid} already running")
    write_lxc(vmid, config)
    log = CONTAINERS / str(vmid) / "log"
    try:
        run("lxc-start", "--name", vmid, "--daemon", "--logpriority", "INFO", "--logfile", log)
    except subprocess.CalledProcessError as error:
        raise Refused(500, f"startup for container '{vmid}' failed: {error.stderr}{log.read_text()[-2000:]}") from None


def stop(vmid, patience=0):
    if status(vmid) != "running":
        raise Refused(500, f"CT {vmid} not running")
    run("lxc-stop", "--name", vmid, *(["--timeout", patience] if patience else ["--kill"]))


def destroy(vmid):
    if status(vmid) == "running":
        raise Refused(500, f"unable to destroy CT {vmid} - container is running")
    shutil.rmtree(CONTAINERS / str(vmid))
    (STATE / f"{vmid}.json").unlink()


def resources():
    return [
        {"id": f"lxc/{vmid}", "vmid": vmid, "type": "lxc", "node": NODE, "name": load(vmid)["hostname"],
         "status": status(vmid), "template": 0}
        for vmid in vmids()
    ]  # fmt: skip


def may_create(parameters):
    check(parameters)
    if int(parameters["vmid"]) in vmids():
        raise Refused(500, f"CT {parameters['vmid']} already exists on node '{NODE}'")
    template(parameters["ostemplate"])
