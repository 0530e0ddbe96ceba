#!/bin/bash
# One run on nodes of Slurm: sbatch jobs/slurm.sh SOURCE DATASET CONFIG
# All three lie where every node sees them. CONFIG has `engine: {kind: ray, address: auto}`.
#SBATCH --job-name=auricle
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --gpus-per-node=1
#SBATCH --mem=64G
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=auricle-%j.log
#SBATCH --signal=B:USR1@180
set -euo pipefail

if [[ $# -ne 3 ]]; then
    echo "usage: sbatch jobs/slurm.sh SOURCE DATASET CONFIG" >&2
    exit 2
fi
if ! grep -Eq 'address: *auto' "$3"; then
    echo "$3: add engine: {kind: ray, address: auto}; else one node does all the work" >&2
    exit 2
fi

# Near the time limit Slurm sends USR1: end the run and queue again. TERM comes with preemption,
# where Slurm itself queues again, and with scancel, where nobody does.
again=no
trap 'again=yes; kill -TERM "${run:-}" 2>/dev/null || true' USR1
trap 'kill -TERM "${run:-}" 2>/dev/null || true' TERM
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT

# Only this job may talk to its Ray. Worker processes of Ray take ports from 10002 to 19999.
RAY_AUTH_TOKEN=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN
first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed -n 1p)
ip=$(srun --nodes=1 --ntasks=1 --nodelist="$first" hostname -I | cut -d' ' -f1)
address=$ip:$((20000 + SLURM_JOB_ID % 10000))
node=(srun --cpus-per-task="$SLURM_CPUS_PER_TASK")
common=(--num-cpus="$SLURM_CPUS_PER_TASK" --temp-dir="/tmp/ray-$SLURM_JOB_ID" --block)

"${node[@]}" --nodes=1 --ntasks=1 --nodelist="$first" \
    ray start --head --node-ip-address="$ip" --port="${address#*:}" \
    --include-dashboard=false "${common[@]}" &
until ray status --address "$address" >/dev/null 2>&1; do
    if [[ $SECONDS -gt 120 ]]; then
        echo "Ray did not start on $first" >&2
        exit 1
    fi
    sleep 1
done
others=$((SLURM_JOB_NUM_NODES - 1))
if [[ $others -gt 0 ]]; then
    "${node[@]}" --nodes="$others" --ntasks="$others" --exclude="$first" \
        ray start --address="$address" "${common[@]}" &
fi

RAY_ADDRESS=$address auricle run "$1" --out "$2" --config "$3" &
run=$!
status=0
wait "$run" || status=$?
while kill -0 "$run" 2>/dev/null; do # a signal ended the wait, not the run
    status=0
    wait "$run" || status=$?
done
if [[ $again == yes && $status -ne 0 ]]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$status"
