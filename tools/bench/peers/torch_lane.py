"""PyTorch as its users train: a loop over shuffled batches of tensors."""

from lane import Absent, serve


def start(order):
    try:
        import torch
    except ImportError as error:
        raise Absent(str(error)) from error
    from data import make_data
    from torch_networks import NETWORKS

    torch.set_num_threads(order["lane"]["threads"])
    workload = order["workload"]
    x, y = (torch.from_numpy(values) for values in make_data(workload))
    if x.ndim == 4:
        # Its images have their channels first.
        x = x.permute(0, 3, 1, 2).contiguous()
    model = NETWORKS[order["lane"]["workload"]]()
    optimizer = {
        "sgd": lambda: torch.optim.SGD(model.parameters(), 0.01, momentum=0.9),
        "adam": lambda: torch.optim.Adam(model.parameters(), 0.001),
    }[order["lane"]["optimizer"]]()
    loss_of = torch.nn.CrossEntropyLoss()

    def epoch():
        losses = []
        for rows in torch.randperm(len(x)).split(workload["batchSize"]):
            optimizer.zero_grad()
            loss = loss_of(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        torch.stack(losses).tolist()

    parameters = sum(weight.numel() for weight in model.parameters())
    return f"PyTorch {torch.__version__}", parameters, epoch


serve(start)
