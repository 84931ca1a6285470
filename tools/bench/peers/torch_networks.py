"""The networks of networks.ts in PyTorch."""

import torch
from torch import nn


def mlp():
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def norm():
    parts = []
    for inputs in [784, 256, 256]:
        parts += [nn.Linear(inputs, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU()]
    return nn.Sequential(*parts, nn.Linear(256, 10))


def convolution(inputs, filters, kernel_size=3, stride=1, relu=True):
    parts = [
        nn.Conv2d(inputs, filters, kernel_size, stride, padding=kernel_size // 2, bias=False),
        nn.BatchNorm2d(filters),
    ]
    return nn.Sequential(*parts, nn.ReLU()) if relu else nn.Sequential(*parts)


def cnn():
    channels = [(3, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1)]
    convolutions = [convolution(a, b, stride=stride) for a, b, stride in channels]
    return nn.Sequential(*convolutions, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class Sum(nn.Module):
    """A body that adds to its own input, or to what a shortcut makes of it."""

    def __init__(self, body, shortcut=None):
        super().__init__()
        self.body = body
        self.shortcut = shortcut or nn.Identity()

    def forward(self, x):
        return self.shortcut(x) + self.body(x)


def resnet9():
    parts = [convolution(3, 64)]
    for inputs, filters, has_pair in [(64, 128, True), (128, 256, False), (256, 512, True)]:
        parts += [convolution(inputs, filters), nn.MaxPool2d(2)]
        if has_pair:
            pair = [convolution(filters, filters), convolution(filters, filters)]
            parts.append(Sum(nn.Sequential(*pair)))
    return nn.Sequential(*parts, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(512, 10))


def resnet18():
    parts = [convolution(3, 64)]
    inputs = 64
    for filters, first_stride in [(64, 1), (128, 2), (256, 2), (512, 2)]:
        for stride in [first_stride, 1]:
            same = stride == 1 and inputs == filters
            shortcut = None if same else convolution(inputs, filters, 1, stride, relu=False)
            body = [
                convolution(inputs, filters, 3, stride),
                convolution(filters, filters, relu=False),
            ]
            parts += [Sum(nn.Sequential(*body), shortcut), nn.ReLU()]
            inputs = filters
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


class MeanOfWords(nn.Module):
    def __init__(self, words, size):
        super().__init__()
        self.words = nn.Embedding(words, size)

    def forward(self, x):
        return torch.mean(self.words(x), 1)


def embedding():
    return nn.Sequential(
        MeanOfWords(10_000, 32), nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 10)
    )


NETWORKS = {
    "mlp": mlp,
    "norm": norm,
    "cnn": cnn,
    "resnet9": resnet9,
    "resnet18": resnet18,
    "embedding": embedding,
}
