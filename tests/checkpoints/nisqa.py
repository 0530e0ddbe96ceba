"""A small random NISQA, saved as the authors save theirs."""

from pathlib import Path
from typing import Any

ARGS: dict[str, Any] = {
    "model": "NISQA_DIM",
    "ms_n_fft": 4096,
    "ms_hop_length": 0.01,
    "ms_win_length": 0.02,
    "ms_n_mels": 48,
    "ms_fmax": 20000,
    "ms_seg_length": 15,
    "ms_seg_hop_length": 4,
    "ms_max_segments": 1300,
    "cnn_c_out_1": 2,
    "cnn_c_out_2": 3,
    "cnn_c_out_3": 4,
    "cnn_kernel_size": (3, 3),
    "cnn_dropout": 0.2,
    "cnn_pool_1": [24, 7],
    "cnn_pool_2": [12, 5],
    "cnn_pool_3": [6, 3],
    "td_sa_d_model": 8,
    "td_sa_nhead": 1,
    "td_sa_h": 8,
    "td_sa_num_layers": 2,
    "td_sa_dropout": 0.1,
    "pool_att_h": 8,
    "pool_att_dropout": 0.1,
}


def nisqa(folder: Path) -> dict[str, Any]:
    """Save the checkpoint and return the settings."""
    import torch

    from auricle.experts.nisqa_net import Nisqa

    torch.manual_seed(4)
    net = Nisqa(ARGS)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # random statistics, as training leaves them
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
    for pool in net.pool_layers:
        torch.nn.init.constant_(pool.model.linear3.bias, 3.0)
    torch.save({"args": ARGS, "model_state_dict": net.state_dict()}, folder / "nisqa.tar")
    return {"model": str(folder), "device": "cpu"}
