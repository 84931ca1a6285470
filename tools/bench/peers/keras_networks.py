"""The networks of networks.ts in Keras."""

import keras
from keras import layers


def mlp():
    return keras.Sequential(
        [keras.Input((784,)), layers.Dense(128, activation="relu"), layers.Dense(10)]
    )


def cnn():
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for filters, strides in [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1)]:
        model.add(layers.Conv2D(filters, 3, strides, padding="same", use_bias=False))
        model.add(layers.BatchNormalization())
        model.add(layers.ReLU())
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(10))
    return model


def norm():
    model = keras.Sequential([keras.Input((784,))])
    for _ in range(3):
        model.add(layers.Dense(256, use_bias=False))
        model.add(layers.BatchNormalization())
        model.add(layers.ReLU())
    model.add(layers.Dense(10))
    return model


def convolution(x, filters, kernel_size=3, strides=1, relu=True):
    x = layers.Conv2D(filters, kernel_size, strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    return layers.ReLU()(x) if relu else x


def resnet9():
    inputs = keras.Input((32, 32, 3))
    x = convolution(inputs, 64)
    for filters, has_pair in [(128, True), (256, False), (512, True)]:
        x = layers.MaxPooling2D()(convolution(x, filters))
        if has_pair:
            x = layers.add([x, convolution(convolution(x, filters), filters)])
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalMaxPooling2D()(x)))


def resnet18():
    inputs = keras.Input((32, 32, 3))
    x = convolution(inputs, 64)
    for filters, first_strides in [(64, 1), (128, 2), (256, 2), (512, 2)]:
        for strides in [first_strides, 1]:
            same = strides == 1 and x.shape[-1] == filters
            shortcut = x if same else convolution(x, filters, 1, strides, relu=False)
            x = convolution(convolution(x, filters, 3, strides), filters, relu=False)
            x = layers.ReLU()(layers.add([shortcut, x]))
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def embedding():
    return keras.Sequential(
        [
            keras.Input((32,), dtype="int32"),
            layers.Embedding(10_000, 32),
            layers.GlobalAveragePooling1D(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )


NETWORKS = {
    "mlp": mlp,
    "norm": norm,
    "cnn": cnn,
    "resnet9": resnet9,
    "resnet18": resnet18,
    "embedding": embedding,
}
