"""Keras as its users train: compile and fit."""

from lane import Absent, serve


def start(order):
    try:
        import keras
    except ImportError as error:
        raise Absent(str(error)) from error
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(order["lane"]["threads"])
        system = f"Keras {keras.__version__} on TensorFlow {tf.__version__}"
    else:
        system = f"Keras {keras.__version__} on {keras.backend.backend()}"
    from data import make_data
    from keras_networks import NETWORKS

    workload = order["workload"]
    x, y = make_data(workload)
    model = NETWORKS[order["lane"]["workload"]]()
    model.compile(
        optimizer={
            "sgd": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
            "adam": lambda: keras.optimizers.Adam(0.001),
        }[order["lane"]["optimizer"]](),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    parameters = sum(int(weight.numpy().size) for weight in model.trainable_weights)
    batch_size = workload["batchSize"]
    return system, parameters, lambda: model.fit(x, y, batch_size=batch_size, verbose=0)


serve(start)
